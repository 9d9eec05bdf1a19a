"""Kept windows leave the basket: they are rows of `branches.PlaceHold` now."""

from django.db import migrations


def move_out(apps, schema_editor):
    carts = apps.get_model("cart", "Cart").objects.filter(
        status="ACTIVE", held_slot__isnull=False, hold_expires_at__isnull=False
    )
    hold = apps.get_model("branches", "PlaceHold")
    hold.objects.bulk_create(
        hold(kind="CART", reference=cart, dated_slot_id=slot, until=until)
        for cart, slot, until in carts.values_list("pk", "held_slot_id", "hold_expires_at")
    )


def move_back(apps, schema_editor):
    carts = apps.get_model("cart", "Cart").objects.filter(status="ACTIVE")
    holds = apps.get_model("branches", "PlaceHold").objects.filter(kind="CART")
    for hold in holds:
        carts.filter(pk=hold.reference).update(
            held_slot_id=hold.dated_slot_id, hold_expires_at=hold.until
        )
    holds.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("branches", "0003_place_holds"),
        ("cart", "0002_substitution_of_all"),
    ]

    operations = [
        migrations.RunPython(move_out, move_back),
        migrations.RemoveIndex(model_name="cart", name="cart_hold"),
        migrations.RemoveField(model_name="cart", name="held_slot"),
        migrations.RemoveField(model_name="cart", name="hold_expires_at"),
    ]

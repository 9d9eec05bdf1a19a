"""What the heart kept becomes a list of its own for each person; back, it is the heart's again."""

from django.db import migrations


def take_over(apps, schema_editor):
    lists, items = apps.get_model("lists", "ShoppingList"), apps.get_model("lists", "ListItem")
    wishes = apps.get_model("catalog", "WishlistItem").objects.select_related("product")
    kept = {}
    for wish in wishes.order_by("user_id", "created_at", "pk").iterator():
        if wish.user_id not in kept:
            kept[wish.user_id] = lists.objects.create(owner_id=wish.user_id, is_favourites=True)
        items.objects.create(
            list=kept[wish.user_id],
            product_id=wish.product_id,
            quantity=wish.product.quantity_step,
            added_by_id=wish.user_id,
            added_at=wish.created_at,
        )


def give_back(apps, schema_editor):
    wishes = apps.get_model("catalog", "WishlistItem").objects
    items = apps.get_model("lists", "ListItem").objects.filter(list__is_favourites=True)
    for item in items.select_related("list").order_by("pk").iterator():
        made = wishes.create(user_id=item.list.owner_id, product_id=item.product_id)
        wishes.filter(pk=made.pk).update(created_at=item.added_at)


class Migration(migrations.Migration):

    dependencies = [
        ("lists", "0001_initial"),
        ("catalog", "0013_large_lists"),
    ]

    operations = [
        migrations.RunPython(take_over, give_back),
    ]

"""Orders that left before this was kept: when they did, and when their charge was booked."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def tell(apps, schema_editor):
    Order = apps.get_model("orders", "Order")
    change = apps.get_model("orders", "OrderStatusChange")
    call = apps.get_model("payments", "ProviderCall")
    left = change.objects.filter(order=OuterRef("pk"), status="OUT_FOR_DELIVERY").order_by("id")
    handed = change.objects.filter(order=OuterRef("pk"), status="DELIVERED").order_by("id")
    taken = call.objects.filter(payment=OuterRef("payment"), kind="CAPTURE", state="SUCCEEDED")
    Order.objects.filter(left_at__isnull=True, fulfillment_type="DELIVERY").update(
        left_at=Subquery(left.values("at")[:1])
    )
    Order.objects.filter(left_at__isnull=True, fulfillment_type="PICKUP").update(
        left_at=Subquery(handed.values("at")[:1])
    )
    Order.objects.filter(captured_at__isnull=True).update(
        captured_at=Subquery(taken.values("finished_at")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_holds")]
    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]

"""Invoices are papers of `billing` now; its 0002 has copied them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_charged"), ("billing", "0002_papers_of_before")]

    operations = [
        migrations.DeleteModel(name="Invoice"),
        migrations.DeleteModel(name="InvoiceSeries"),
    ]

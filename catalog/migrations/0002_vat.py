"""The VAT classes and rates in force."""

from django.db import migrations

from catalog.migrations._vat_law import load_vat


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(load_vat, migrations.RunPython.noop)]

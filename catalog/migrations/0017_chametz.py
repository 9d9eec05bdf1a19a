"""What may be eaten on Passover: by the tag, and chametz where gluten is and the tag is not."""

from django.db import migrations, models

BATCH = 1000


def tell(apps, schema_editor):
    """Product by product in the order of their keys, so that nobody waits long for a row."""
    products = apps.get_model('catalog', 'Product').objects
    told = [
        (models.Q(dietary_tags__contains=['kosher_passover']), 'KOSHER'),
        (models.Q(allergens__contains=['gluten']) & ~models.Q(dietary_tags__contains=['kosher_passover']), 'NOT'),
    ]
    for which, value in told:
        keys = list(products.filter(which, passover=None).order_by('pk').values_list('pk', flat=True))
        for first in range(0, len(keys), BATCH):
            batch = keys[first:first + BATCH]
            products.filter(pk__in=batch, passover=None).update(passover=value)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('catalog', '0016_passover'),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]

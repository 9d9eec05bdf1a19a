"""Dates of standing orders keep places too."""

from django.db import migrations, models


def let_go(apps, schema_editor):
    apps.get_model('branches', 'PlaceHold').objects.filter(kind='STANDING').delete()


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0001_squashed_0003_place_holds'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='placehold',
            name='place_hold_kind_known',
        ),
        migrations.AlterField(
            model_name='placehold',
            name='kind',
            field=models.CharField(choices=[('CART', 'a basket'), ('STANDING', 'a date of a standing order')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='placehold',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['CART', 'STANDING'])), name='place_hold_kind_known'),
        ),
        migrations.RunPython(migrations.RunPython.noop, let_go),
    ]

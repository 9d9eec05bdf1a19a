"""A change that a customer is asked about keeps its place too."""

from django.db import migrations, models


def let_go(apps, schema_editor):
    apps.get_model('branches', 'PlaceHold').objects.filter(kind='QUESTION').delete()


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0007_areas'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='placehold',
            name='place_hold_kind_known',
        ),
        migrations.AlterField(
            model_name='placehold',
            name='kind',
            field=models.CharField(choices=[('CART', 'a basket'), ('STANDING', 'a date of a standing order'), ('WAITING', 'somebody in the line for a full window'), ('QUESTION', 'a change that a customer is asked about')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='placehold',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['CART', 'STANDING', 'WAITING', 'QUESTION'])), name='place_hold_kind_known'),
        ),
        migrations.RunPython(migrations.RunPython.noop, let_go),
    ]

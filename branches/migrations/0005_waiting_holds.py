"""Those who wait for a full window stand in a line of kept places too."""

from django.db import migrations, models


def let_go(apps, schema_editor):
    apps.get_model('branches', 'PlaceHold').objects.filter(kind='WAITING').delete()


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0004_standing_holds'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='placehold',
            name='place_hold_kind_known',
        ),
        migrations.AlterField(
            model_name='placehold',
            name='kind',
            field=models.CharField(choices=[('CART', 'a basket'), ('STANDING', 'a date of a standing order'), ('WAITING', 'somebody in the line for a full window')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='placehold',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['CART', 'STANDING', 'WAITING'])), name='place_hold_kind_known'),
        ),
        migrations.RunPython(migrations.RunPython.noop, let_go),
    ]

"""A place that is being ordered counts once."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0008_question_holds'),
    ]

    operations = [
        migrations.AddField(
            model_name='placehold',
            name='ordered_as',
            field=models.BigIntegerField(blank=True, help_text='The basket that orders it just now: the place counts in `taken` then.', null=True),
        ),
    ]

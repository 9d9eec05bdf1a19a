"""Quiet on Shabbat, for who wants it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0003_enquiries'),
    ]

    operations = [
        migrations.AddField(
            model_name='quiethours',
            name='on_shabbat',
            field=models.BooleanField(db_default=False, default=False, help_text='Also from entry to exit of Shabbat and holidays.'),
        ),
    ]

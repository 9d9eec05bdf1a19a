from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_when_charged")]

    operations = [
        migrations.AddField(
            "orderitem",
            "version",
            models.PositiveIntegerField(
                db_default=1,
                default=1,
                help_text="Grows by one with every answer, substitute and undo.",
            ),
        ),
    ]

from django.core.validators import RegexValidator
from django.db import migrations, models

from core.email_identity import known_identity


def respell(apps, schema_editor):
    """Addresses with letters outside ASCII get their one spelling, where nobody else has it yet."""
    User = apps.get_model("accounts", "User")
    for user in User.objects.exclude(email__regex=r"^[\x21-\x7e]+$").order_by("pk"):
        identity = known_identity(user.email)
        if identity is not None and not User.objects.filter(email__iexact=identity).exists():
            user.email = identity
            user.save(update_fields=["email"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_devices")]

    operations = [
        migrations.RunPython(respell, migrations.RunPython.noop),
        migrations.AlterField(
            "address",
            "postal_code",
            models.CharField(
                blank=True,
                default="",
                max_length=7,
                validators=[
                    RegexValidator(r"^[0-9]{5}([0-9]{2})?$", "A postal code has 7 digits.")
                ],
                verbose_name="postal code",
            ),
        ),
    ]

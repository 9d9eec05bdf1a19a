"""A key is found by its person along `idempotency_key_unique`; another index of the same began so too."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DROP = "DROP INDEX IF EXISTS checkout_idempotencykey_user_id_3d76c1e5"
MAKE = "CREATE INDEX IF NOT EXISTS checkout_idempotencykey_user_id_3d76c1e5 ON checkout_idempotencykey (user_id)"


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('checkout', '0004_books_check'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name='idempotencykey',
                    name='user',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
    ]

"""A hold says whether the shop renewed it; checks of cards that nobody waits for are closed.

Until lately a check whose payment was settled otherwise stayed open. It held nothing.
"""

from django.db import migrations, models

CLOSE = """
UPDATE payments_providercall AS c
SET state = 'REFUSED', failure = 'not_waited_for', next_attempt_at = NULL,
    finished_at = statement_timestamp()
FROM payments_payment AS p
WHERE p.id = c.payment_id AND c.kind = 'VERIFY' AND c.state IN ('STARTED', 'UNANSWERED')
    AND p.state <> 'PENDING'
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_squashed_0009_number_begins")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="is_renewal",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(CLOSE, migrations.RunSQL.noop),
    ]

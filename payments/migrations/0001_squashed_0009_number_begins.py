import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('payments', '0001_initial'),
        ('payments', '0002_provider_call_actor'),
        ('payments', '0003_provider_event'),
        ('payments', '0004_settled_index'),
        ('payments', '0005_holds'),
        ('payments', '0006_is_followed'),
        ('payments', '0007_disputes'),
        ('payments', '0008_payouts'),
        ('payments', '0009_number_begins'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='PaymentToken',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('provider', models.CharField(max_length=20)),
                        ('token', models.CharField(max_length=200)),
                        ('brand', models.CharField(blank=True, default='', max_length=20, verbose_name='card')),
                        ('last4', models.CharField(blank=True, default='', max_length=4, verbose_name='last digits')),
                        ('exp_month', models.PositiveSmallIntegerField(blank=True, null=True)),
                        ('exp_year', models.PositiveSmallIntegerField(blank=True, null=True)),
                        ('is_default', models.BooleanField(default=False, verbose_name='default')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='payment_tokens', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'saved card',
                        'verbose_name_plural': 'saved cards',
                        'ordering': ['-is_default', 'id'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user',), name='payment_token_one_default'), models.UniqueConstraint(fields=('user', 'provider', 'token'), name='payment_token_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='Payment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('order_number', models.CharField(max_length=11, verbose_name='order')),
                        ('provider', models.CharField(max_length=20)),
                        ('provider_reference', models.CharField(blank=True, default='', max_length=100)),
                        ('idempotency_key', models.CharField(max_length=80)),
                        ('brand', models.CharField(blank=True, default='', max_length=20)),
                        ('last4', models.CharField(blank=True, default='', max_length=4)),
                        ('state', models.CharField(choices=[('PENDING', 'asked for'), ('SCHEDULED', 'to be held later'), ('UNPAID', 'not paid'), ('NONE', 'nothing to pay'), ('AUTHORIZED', 'held'), ('CAPTURED', 'charged'), ('PARTIALLY_REFUNDED', 'partly refunded'), ('REFUNDED', 'refunded'), ('VOIDED', 'released'), ('FAILED', 'failed')], default='PENDING', max_length=20)),
                        ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='asked for')),
                        ('authorized', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='held')),
                        ('captured', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='charged')),
                        ('refunded', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='refunded')),
                        ('failure', models.CharField(blank=True, default='', max_length=60, verbose_name='reason of failure')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to=settings.AUTH_USER_MODEL)),
                        ('payment_token', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='payments.paymenttoken')),
                        ('asked_at', models.DateTimeField(blank=True, null=True, verbose_name='last asked for')),
                        ('authorize_at', models.DateTimeField(blank=True, null=True, verbose_name='to be held at')),
                        ('consent_at', models.DateTimeField(blank=True, null=True)),
                        ('consent_text', models.CharField(blank=True, default='', max_length=40)),
                        ('hold_checked_at', models.DateTimeField(blank=True, null=True)),
                        ('hold_expires_at', models.DateTimeField(blank=True, help_text="By the provider's word.", null=True, verbose_name='held until')),
                        ('kept_token', models.CharField(blank=True, default='', max_length=200)),
                        ('pay_until', models.DateTimeField(blank=True, null=True, verbose_name='to be paid by')),
                    ],
                    options={
                        'verbose_name': 'payment',
                        'verbose_name_plural': 'payments',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['state', 'updated_at'], name='payment_state_updated'), models.Index(condition=models.Q(('state', 'SCHEDULED')), fields=['authorize_at', 'id'], name='payment_scheduled'), models.Index(condition=models.Q(('state', 'AUTHORIZED')), fields=['hold_expires_at', 'id'], name='payment_runs_out'), models.Index(condition=models.Q(('state', 'UNPAID')), fields=['pay_until', 'id'], name='payment_unpaid'), models.Index(django.contrib.postgres.indexes.OpClass('order_number', 'varchar_pattern_ops'), name='payment_number_begins')],
                        'constraints': [models.UniqueConstraint(fields=('idempotency_key',), name='payment_key_unique'), models.UniqueConstraint(condition=models.Q(('provider_reference', ''), _negated=True), fields=('provider', 'provider_reference'), name='payment_reference_unique'), models.CheckConstraint(condition=models.Q(('authorized__gte', 0), ('authorized__lte', models.F('amount'))), name='payment_authorized_within_amount'), models.CheckConstraint(condition=models.Q(('captured__gte', 0), ('captured__lte', models.F('authorized'))), name='payment_captured_within_authorized'), models.CheckConstraint(condition=models.Q(('refunded__gte', 0), ('refunded__lte', models.F('captured'))), name='payment_refunded_within_captured'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('amount', 0), ('state', 'NONE')), _connector='OR'), name='payment_amount_positive'), models.UniqueConstraint(condition=models.Q(('captured__gt', 0)), fields=('order_number',), name='payment_one_capture_per_order'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'SCHEDULED'), _negated=True), ('authorize_at__isnull', False), _connector='OR'), name='payment_scheduled_has_its_time'), models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'SCHEDULED', 'UNPAID', 'NONE', 'AUTHORIZED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED', 'FAILED'])), name='payment_state_known')],
                    },
                ),
                migrations.CreateModel(
                    name='ProviderCall',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('VERIFY', 'check of the card'), ('AUTHORIZE', 'hold'), ('CAPTURE', 'charge'), ('VOID', 'release'), ('REFUND', 'refund')], max_length=10)),
                        ('amount', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('idempotency_key', models.CharField(max_length=80)),
                        ('state', models.CharField(choices=[('STARTED', 'asked'), ('SUCCEEDED', 'done'), ('REFUSED', 'refused'), ('UNANSWERED', 'not answered')], default='STARTED', max_length=10)),
                        ('attempts', models.PositiveIntegerField(default=0)),
                        ('failure', models.CharField(blank=True, default='', max_length=60)),
                        ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='payments.payment')),
                        ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('is_followed', models.BooleanField(db_default=False, help_text="Whether the order's side of its outcome is written.")),
                    ],
                    options={
                        'verbose_name': 'provider call',
                        'verbose_name_plural': 'provider calls',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('state__in', ['STARTED', 'UNANSWERED'])), fields=['next_attempt_at', 'id'], name='provider_call_open'), models.Index(condition=models.Q(('kind__in', ['CAPTURE', 'REFUND']), ('state', 'SUCCEEDED')), fields=['finished_at'], name='provider_call_settled'), models.Index(condition=models.Q(('is_followed', False), ('kind__in', ['CAPTURE', 'REFUND']), ('state__in', ['SUCCEEDED', 'REFUSED'])), fields=['id'], name='provider_call_to_follow')],
                        'constraints': [models.UniqueConstraint(fields=('idempotency_key',), name='provider_call_key_unique'), models.UniqueConstraint(condition=models.Q(('kind', 'CAPTURE')), fields=('payment',), name='provider_call_one_capture'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='provider_call_amount')],
                    },
                ),
                migrations.CreateModel(
                    name='ReconciliationCase',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(max_length=40)),
                        ('status', models.CharField(choices=[('OPEN', 'open'), ('RESOLVED', 'resolved')], default='OPEN', max_length=10)),
                        ('resolution', models.CharField(blank=True, choices=[('ORDER_COMPLETED', 'order completed'), ('VOIDED', 'money released'), ('REFUNDED', 'money refunded'), ('AUTHORIZED_AGAIN', 'money held again'), ('CANCELED', 'order cancelled')], default='', max_length=20)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('resolved_at', models.DateTimeField(blank=True, null=True)),
                        ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='payments.payment')),
                    ],
                    options={
                        'verbose_name': 'reconciliation case',
                        'verbose_name_plural': 'reconciliation cases',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['status', '-created_at'], name='reconciliation_status')],
                        'constraints': [models.UniqueConstraint(fields=('payment', 'kind'), name='reconciliation_case_unique'), models.CheckConstraint(condition=models.Q(models.Q(('resolution', ''), ('status', 'OPEN')), models.Q(('status', 'RESOLVED'), models.Q(('resolution', ''), _negated=True)), _connector='OR'), name='reconciliation_resolution_when_resolved')],
                    },
                ),
                migrations.CreateModel(
                    name='Refund',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('amount', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('reason', models.CharField(blank=True, default='', max_length=200)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('call', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='payments.providercall')),
                        ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='payments.payment')),
                        ('body_hash', models.CharField(blank=True, default='', help_text='What was asked with its key.', max_length=64)),
                        ('reason_code', models.CharField(choices=[('DAMAGED', 'damaged'), ('NOT_DELIVERED', 'not delivered'), ('WRONG_ITEM', 'wrong item'), ('EXPIRED', 'past its date'), ('QUALITY', 'not good enough'), ('LATE', 'late'), ('PRICE', 'wrong price'), ('RETURN', 'handed back'), ('GOODWILL', 'goodwill'), ('OTHER', 'something else')], default='OTHER', max_length=14)),
                    ],
                    options={
                        'verbose_name': 'refund',
                        'verbose_name_plural': 'refunds',
                        'ordering': ['-id'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('reason_code', 'OTHER'), _negated=True), _connector='OR'), name='refund_reason_given'), models.CheckConstraint(condition=models.Q(('reason_code__in', ['DAMAGED', 'NOT_DELIVERED', 'WRONG_ITEM', 'EXPIRED', 'QUALITY', 'LATE', 'PRICE', 'RETURN', 'GOODWILL', 'OTHER'])), name='refund_reason_known')],
                    },
                ),
                migrations.CreateModel(
                    name='ProviderEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('provider', models.CharField(max_length=20)),
                        ('event_id', models.CharField(max_length=100)),
                        ('kind', models.CharField(max_length=60)),
                        ('reference', models.CharField(blank=True, default='', max_length=100)),
                        ('key', models.CharField(blank=True, default='', max_length=80)),
                        ('state', models.CharField(choices=[('NEW', 'new'), ('DONE', 'looked at'), ('UNKNOWN', 'of no payment of ours')], default='NEW', max_length=7)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('next_attempt_at', models.DateTimeField()),
                        ('received_at', models.DateTimeField()),
                    ],
                    options={
                        'verbose_name': 'provider event',
                        'verbose_name_plural': 'provider events',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('state', 'NEW')), fields=['next_attempt_at', 'id'], name='provider_event_new')],
                        'constraints': [models.UniqueConstraint(fields=('provider', 'event_id'), name='provider_event_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Dispute',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('provider_reference', models.CharField(max_length=100)),
                        ('amount', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='amount')),
                        ('fee', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='fee')),
                        ('reason', models.CharField(choices=[('NOT_RECEIVED', 'not received'), ('NOT_AS_DESCRIBED', 'not as described'), ('FRAUD', 'fraud'), ('DUPLICATE', 'charged twice'), ('CREDIT_NOT_PROCESSED', 'refund not seen'), ('OTHER', 'something else')], max_length=20, verbose_name='reason')),
                        ('status', models.CharField(choices=[('OPEN', 'waits for our answer'), ('ANSWERED', 'answered'), ('WON', 'won'), ('LOST', 'lost'), ('ACCEPTED', 'accepted'), ('WARNING', 'only a warning')], max_length=8, verbose_name='status')),
                        ('opened_at', models.DateTimeField(verbose_name='opened')),
                        ('answer_by', models.DateTimeField(verbose_name='answer by')),
                        ('answered_at', models.DateTimeField(blank=True, null=True)),
                        ('closed_at', models.DateTimeField(blank=True, null=True)),
                        ('answer_text', models.TextField(blank=True, default='')),
                        ('included', models.JSONField(default=list)),
                        ('evidence', models.BinaryField(null=True)),
                        ('copy', models.BinaryField(null=True)),
                        ('told_at', models.DateTimeField(blank=True, null=True)),
                        ('is_credited', models.BooleanField(default=False)),
                        ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='payments.payment')),
                    ],
                    options={
                        'verbose_name': 'dispute',
                        'verbose_name_plural': 'disputes',
                        'ordering': ['answer_by', 'id'],
                        'indexes': [models.Index(fields=['status', 'answer_by', 'id'], name='dispute_status_due'), models.Index(fields=['opened_at'], name='dispute_opened')],
                        'constraints': [models.UniqueConstraint(fields=('payment', 'provider_reference'), name='dispute_reference_unique'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('fee__gte', 0)), name='dispute_amounts_positive'), models.CheckConstraint(condition=models.Q(('reason__in', ['NOT_RECEIVED', 'NOT_AS_DESCRIBED', 'FRAUD', 'DUPLICATE', 'CREDIT_NOT_PROCESSED', 'OTHER']), ('status__in', ['OPEN', 'ANSWERED', 'WON', 'LOST', 'ACCEPTED', 'WARNING'])), name='dispute_words_known'), models.CheckConstraint(condition=models.Q(('answered_at__isnull', True), ('answered_at__gte', models.F('opened_at')), _connector='OR'), name='dispute_answered_after_it_opened')],
                    },
                ),
                migrations.CreateModel(
                    name='PayoutRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('provider', models.CharField(max_length=20)),
                        ('date', models.DateField()),
                        ('reference', models.CharField(max_length=100)),
                        ('type', models.CharField(choices=[('CAPTURE', 'charge'), ('REFUND', 'refund'), ('DISPUTE', 'dispute'), ('FEE', 'fee'), ('PAYOUT', 'transfer to the bank'), ('OTHER', 'something else')], max_length=8)),
                        ('gross', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('fee', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('net', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('is_from_file', models.BooleanField(default=False)),
                    ],
                    options={
                        'verbose_name': 'payout row',
                        'verbose_name_plural': 'payout rows',
                        'ordering': ['-id'],
                        'constraints': [models.UniqueConstraint(fields=('provider', 'date', 'reference', 'type'), name='payout_row_unique'), models.CheckConstraint(condition=models.Q(('net', django.db.models.expressions.CombinedExpression(models.F('gross'), '-', models.F('fee')))), name='payout_row_adds_up')],
                    },
                ),
                migrations.CreateModel(
                    name='PayoutNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('provider', models.CharField(max_length=20)),
                        ('date', models.DateField()),
                        ('reference', models.CharField(max_length=100)),
                        ('note', models.CharField(max_length=500)),
                        ('at', models.DateTimeField()),
                        ('actor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'explanation of a payout',
                        'verbose_name_plural': 'explanations of payouts',
                        'ordering': ['-id'],
                        'constraints': [models.UniqueConstraint(fields=('provider', 'date', 'reference'), name='payout_note_unique')],
                    },
                ),
            ],
        ),
    ]

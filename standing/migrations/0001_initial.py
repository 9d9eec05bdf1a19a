"""Standing orders, what is in them, and their dates."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_squashed_0009_large_lists'),
        ('branches', '0004_standing_holds'),
        ('catalog', '0014_favourites_are_a_list'),
        ('orders', '0017_proposals'),
        ('payments', '0001_squashed_0009_number_begins'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='StandingOrder',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(blank=True, default='', max_length=60)),
                        ('status', models.CharField(choices=[('ACTIVE', 'active'), ('PAUSED', 'paused'), ('ENDED', 'ended')], default='ACTIVE', max_length=8)),
                        ('status_reason', models.CharField(blank=True, choices=[('NO_CARD', 'there is no card'), ('NO_ADDRESS', 'there is no address'), ('FAILING', 'three dates in a row failed')], default='', max_length=12)),
                        ('paused_until', models.DateField(blank=True, null=True)),
                        ('cadence', models.CharField(choices=[('WEEKLY', 'every week'), ('BIWEEKLY', 'every two weeks'), ('MONTHLY', 'once a month'), ('WEEKDAYS', 'on several days of the week')], max_length=8)),
                        ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text='0 is Sunday.', size=None)),
                        ('start_time', models.TimeField(blank=True, null=True)),
                        ('fulfillment_type', models.CharField(choices=[('DELIVERY', 'delivery'), ('PICKUP', 'pickup')], max_length=8)),
                        ('lead_days', models.PositiveSmallIntegerField(default=2)),
                        ('price_limit_percent', models.DecimalField(blank=True, decimal_places=2, default=10, help_text='Empty: never ask.', max_digits=5, null=True)),
                        ('holiday_rule', models.CharField(choices=[('MOVE_EARLIER', 'come earlier'), ('MOVE_LATER', 'come later'), ('SKIP', 'skip it')], default='MOVE_EARLIER', max_length=12)),
                        ('starts_on', models.DateField()),
                        ('ends_on', models.DateField(blank=True, null=True)),
                        ('delivery_preference', models.CharField(choices=[('HAND_OVER', 'hand it over'), ('LEAVE_AT_DOOR', 'leave at the door'), ('SIGNATURE', 'hand over and sign'), ('SAFE_PLACE', 'a safe place')], default='HAND_OVER', max_length=16)),
                        ('delivery_note', models.CharField(blank=True, default='', max_length=200)),
                        ('planned_on', models.DateField(blank=True, help_text='The day on which its dates were last looked at.', null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                        ('address', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.address')),
                        ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch')),
                        ('payment_token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='payments.paymenttoken')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='standing_orders', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'standing order',
                        'verbose_name_plural': 'standing orders',
                        'ordering': ['id'],
                        'indexes': [models.Index(fields=['status', 'planned_on'], name='standing_to_plan')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lead_days__gte', 1), ('lead_days__lte', 6)), name='standing_lead_days'), models.CheckConstraint(condition=models.Q(('price_limit_percent__isnull', True), models.Q(('price_limit_percent__gte', 0), ('price_limit_percent__lte', 100)), _connector='OR'), name='standing_price_limit')],
                    },
                ),
                migrations.CreateModel(
                    name='StandingItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('substitution', models.CharField(choices=[('BEST_MATCH', 'choose the closest one, never dearer'), ('CALL_ME', 'ask me'), ('REFUND', 'no substitute')], default='BEST_MATCH', max_length=10)),
                        ('note', models.CharField(blank=True, default='', max_length=200)),
                        ('reference_price', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product')),
                        ('standing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='standing.standingorder')),
                    ],
                    options={
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('standing', 'product'), name='standing_item_product_unique'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('quantity__lte', 999)), name='standing_item_quantity_range')],
                    },
                ),
                migrations.CreateModel(
                    name='Occurrence',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('date', models.DateField()),
                        ('state', models.CharField(choices=[('PLANNED', 'planned'), ('DRAFT', 'put together'), ('ASKED', 'waits for your word on its prices'), ('PLACING', 'being ordered'), ('PLACED', 'ordered'), ('SKIPPED', 'skipped'), ('EMPTY', 'nothing was left of it'), ('NOT_PLACED', 'not ordered')], default='PLANNED', max_length=12)),
                        ('reason', models.CharField(blank=True, default='', max_length=40)),
                        ('window_date', models.DateField()),
                        ('window_kept', models.BooleanField(default=False)),
                        ('moved', models.CharField(blank=True, choices=[('HOLIDAY', 'moved: we are closed that day'), ('CUSTOMER', 'moved by you')], default='', max_length=8)),
                        ('is_edited', models.BooleanField(default=False, help_text='By hand, for this date alone.')),
                        ('draft_at', models.DateTimeField()),
                        ('place_at', models.DateTimeField()),
                        ('retry_at', models.DateTimeField(blank=True, null=True)),
                        ('attempt', models.PositiveSmallIntegerField(default=0)),
                        ('failures', models.PositiveSmallIntegerField(default=0)),
                        ('placing_since', models.DateTimeField(blank=True, null=True)),
                        ('asked', models.JSONField(blank=True, help_text='What is ordered, while it is being placed.', null=True)),
                        ('address', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.address')),
                        ('order', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='occurrence', to='orders.order')),
                        ('slot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.deliveryslot')),
                        ('standing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='occurrences', to='standing.standingorder')),
                    ],
                    options={
                        'verbose_name': 'date of a standing order',
                        'verbose_name_plural': 'dates of standing orders',
                        'ordering': ['date'],
                        'indexes': [models.Index(fields=['state', 'draft_at'], name='occurrence_to_draft'), models.Index(fields=['state', 'place_at'], name='occurrence_to_place')],
                        'constraints': [models.UniqueConstraint(fields=('standing', 'date'), name='occurrence_date_unique'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'PLACED'), _negated=True), ('order__isnull', False), _connector='OR'), name='occurrence_placed_has_order')],
                    },
                ),
                migrations.CreateModel(
                    name='OccurrenceItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('wanted_quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('substitution', models.CharField(choices=[('BEST_MATCH', 'choose the closest one, never dearer'), ('CALL_ME', 'ask me'), ('REFUND', 'no substitute')], default='BEST_MATCH', max_length=10)),
                        ('note', models.CharField(blank=True, default='', max_length=200)),
                        ('reference_price', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('placed_quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=9, null=True)),
                        ('placed_price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                        ('occurrence', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='standing.occurrence')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product')),
                    ],
                    options={
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('occurrence', 'product'), name='occurrence_item_product_unique'), models.CheckConstraint(condition=models.Q(('wanted_quantity__gte', 0), ('wanted_quantity__lte', 999)), name='occurrence_item_quantity_range')],
                    },
                ),
            ],
        ),
    ]

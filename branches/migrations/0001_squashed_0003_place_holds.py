import branches.models
import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('branches', '0001_initial'),
        ('branches', '0002_slot_cutoff'),
        ('branches', '0003_place_holds'),
    ]

    initial = True

    dependencies = []

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(),
        Together(
            operations=[
                migrations.CreateModel(
                    name='Branch',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=30, verbose_name='code')),
                        ('name_he', models.CharField(max_length=80, verbose_name='name (Hebrew)')),
                        ('name_en', models.CharField(max_length=80, verbose_name='name (English)')),
                        ('address_he', models.CharField(max_length=120, verbose_name='address (Hebrew)')),
                        ('address_en', models.CharField(max_length=120, verbose_name='address (English)')),
                        ('city_he', models.CharField(max_length=60, verbose_name='city (Hebrew)')),
                        ('city_en', models.CharField(max_length=60, verbose_name='city (English)')),
                        ('phone', models.CharField(blank=True, default='', max_length=20, verbose_name='phone')),
                        ('opening_hours', models.JSONField(blank=True, default=dict, help_text='{"0": ["07:00", "22:00"]}: 0 is Sunday; a day left out is closed.', verbose_name='opening hours')),
                        ('is_delivery_source', models.BooleanField(default=False, verbose_name='deliveries leave from here')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'verbose_name': 'branch',
                        'verbose_name_plural': 'branches',
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('code',), name='branch_code_unique'), models.UniqueConstraint(fields=('name_he',), name='branch_name_he_unique'), models.UniqueConstraint(fields=('name_en',), name='branch_name_en_unique'), models.UniqueConstraint(condition=models.Q(('is_delivery_source', True)), fields=('is_delivery_source',), name='branch_one_delivery_source'), models.CheckConstraint(condition=models.Q(('is_delivery_source', False), ('is_active', True), _connector='OR'), name='branch_delivery_source_active')],
                    },
                ),
                migrations.CreateModel(
                    name='DeliverySlot',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day_of_week', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(6)], verbose_name='day of week')),
                        ('start_time', models.TimeField(verbose_name='from')),
                        ('end_time', models.TimeField(verbose_name='to')),
                        ('capacity', models.PositiveIntegerField(default=30, verbose_name='orders')),
                        ('fee', models.DecimalField(blank=True, decimal_places=2, help_text="Empty: the shop's usual fee.", max_digits=12, null=True, verbose_name='fee')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='branches.branch')),
                        ('cutoff_minutes', models.PositiveSmallIntegerField(default=120, help_text='120: the last order comes two hours before the window starts.', verbose_name='orders until, minutes before')),
                    ],
                    options={
                        'verbose_name': 'delivery slot',
                        'verbose_name_plural': 'delivery slots',
                        'ordering': ['branch', 'day_of_week', 'start_time'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('day_of_week__lte', 6)), name='slot_day_known'), models.CheckConstraint(condition=models.Q(('start_time__gte', datetime.time(6, 0)), ('end_time__lte', datetime.time(22, 0))), name='slot_within_hours'), models.CheckConstraint(condition=models.Q(('end_time', django.db.models.expressions.CombinedExpression(models.F('start_time'), '+', models.Value(datetime.timedelta(seconds=7200))))), name='slot_two_hours'), models.CheckConstraint(condition=models.Q(('fee__isnull', True), ('fee__gte', 0), _connector='OR'), name='slot_fee_not_negative'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('is_active', True)), expressions=[('branch', '='), ('day_of_week', '='), (branches.models.MinutesRange('start_time', 'end_time'), '&&')], name='slot_no_overlap'), models.CheckConstraint(condition=models.Q(('cutoff_minutes__lte', 2880)), name='slot_cutoff_known')],
                    },
                ),
                migrations.CreateModel(
                    name='DatedSlot',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('date', models.DateField(verbose_name='date')),
                        ('capacity_override', models.PositiveIntegerField(blank=True, help_text='Empty: as in the weekly plan.', null=True, verbose_name='orders on this date')),
                        ('taken', models.PositiveIntegerField(default=0, verbose_name='taken')),
                        ('slot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dates', to='branches.deliveryslot')),
                    ],
                    options={
                        'verbose_name': 'dated slot',
                        'verbose_name_plural': 'dated slots',
                        'ordering': ['date', 'slot'],
                        'indexes': [models.Index(fields=['date'], name='dated_slot_date')],
                        'constraints': [models.UniqueConstraint(fields=('slot', 'date'), name='dated_slot_unique'), models.CheckConstraint(condition=models.Q(('taken__gte', 0)), name='dated_slot_taken_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='Closure',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('starts_at', models.DateTimeField(verbose_name='from')),
                        ('ends_at', models.DateTimeField(verbose_name='until')),
                        ('reason_he', models.CharField(max_length=80, verbose_name='reason (Hebrew)')),
                        ('reason_en', models.CharField(max_length=80, verbose_name='reason (English)')),
                        ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='closures', to='branches.branch')),
                    ],
                    options={
                        'verbose_name': 'closure',
                        'verbose_name_plural': 'closures',
                        'ordering': ['starts_at'],
                        'indexes': [models.Index(fields=['starts_at', 'ends_at'], name='closure_time')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='closure_ordered')],
                    },
                ),
                migrations.CreateModel(
                    name='PlaceHold',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('CART', 'a basket')], max_length=12)),
                        ('reference', models.BigIntegerField()),
                        ('until', models.DateTimeField()),
                        ('dated_slot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='holds', to='branches.datedslot')),
                    ],
                    options={
                        'verbose_name': 'kept place',
                        'verbose_name_plural': 'kept places',
                        'indexes': [models.Index(fields=['dated_slot', 'until'], name='place_hold_until')],
                        'constraints': [models.UniqueConstraint(fields=('kind', 'reference'), name='place_hold_one_each'), models.CheckConstraint(condition=models.Q(('kind__in', ['CART'])), name='place_hold_kind_known')],
                    },
                ),
            ],
        ),
    ]

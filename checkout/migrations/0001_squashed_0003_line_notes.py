import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('checkout', '0001_initial'),
        ('checkout', '0002_vat_class'),
        ('checkout', '0003_line_notes'),
    ]

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
        ('cart', '0001_initial'),
        ('catalog', '0001_initial'),
        ('payments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='IdempotencyKey',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(max_length=128)),
                        ('scope', models.CharField(default='confirm', max_length=20)),
                        ('body_hash', models.CharField(max_length=64)),
                        ('state', models.CharField(choices=[('IN_PROGRESS', 'in progress'), ('FREE', 'free'), ('DONE', 'answered')], default='IN_PROGRESS', max_length=12)),
                        ('lease_expires_at', models.DateTimeField()),
                        ('response_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                        ('response_body', models.JSONField(blank=True, null=True)),
                        ('created_at', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['created_at'], name='idempotency_created')],
                        'constraints': [models.UniqueConstraint(fields=('user', 'scope', 'key'), name='idempotency_key_unique'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DONE'), _negated=True), ('response_body__isnull', False), _connector='OR'), name='idempotency_done_has_answer')],
                    },
                ),
                migrations.CreateModel(
                    name='Reservation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('order_number', models.CharField(max_length=11)),
                        ('status', models.CharField(choices=[('ACTIVE', 'open'), ('CONSUMED', 'became an order'), ('RELEASED', 'given back')], default='ACTIVE', max_length=10)),
                        ('fulfillment_type', models.CharField(max_length=8)),
                        ('details', models.JSONField(help_text='Address, preference, notes and fee rates as agreed; copied to the order.')),
                        ('subtotal', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('discount_total', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                        ('delivery_fee', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('vat_total', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('total', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('expires_at', models.DateTimeField()),
                        ('created_at', models.DateTimeField()),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch')),
                        ('cart', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='cart.cart')),
                        ('dated_slot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='branches.datedslot')),
                        ('key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reservations', to='checkout.idempotencykey')),
                        ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reservation', to='payments.payment')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'reservation',
                        'verbose_name_plural': 'reservations',
                        'indexes': [models.Index(condition=models.Q(('status', 'ACTIVE')), fields=['expires_at'], name='reservation_open')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'ACTIVE')), fields=('cart',), name='reservation_one_open_per_cart'), models.UniqueConstraint(fields=('order_number',), name='reservation_number_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='ReservationLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name_he', models.CharField(max_length=120)),
                        ('name_en', models.CharField(max_length=120)),
                        ('sku', models.CharField(max_length=40)),
                        ('sold_by', models.CharField(max_length=6)),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('unit_price', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('discount', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                        ('line_total', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('vat_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                        ('substitution', models.CharField(max_length=10)),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product')),
                        ('reservation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='checkout.reservation')),
                        ('vat_class', models.CharField(default='STANDARD', max_length=20)),
                        ('note', models.CharField(blank=True, db_default='', default='', max_length=200)),
                    ],
                    options={
                        'ordering': ['product_id'],
                        'constraints': [models.UniqueConstraint(fields=('reservation', 'product'), name='reservation_line_unique'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='reservation_line_quantity')],
                    },
                ),
            ],
        ),
    ]

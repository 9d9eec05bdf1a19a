import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('stockrequests', '0001_initial'),
        ('stockrequests', '0002_list_indexes'),
    ]

    initial = True

    dependencies = [
        ('branches', '0002_slot_cutoff'),
        ('catalog', '0006_list_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='StockRequest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('request_type', models.CharField(choices=[('SET_QUANTITY', 'set to'), ('ADD_QUANTITY', 'add')], max_length=12)),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=12, verbose_name='quantity')),
                        ('quantity_seen', models.DecimalField(decimal_places=3, help_text='What stood on the shelf when the request was made; it is stale when moved.', max_digits=12, verbose_name='quantity when asked')),
                        ('approved_quantity', models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='approved quantity')),
                        ('reason', models.CharField(blank=True, default='', max_length=200, verbose_name='reason')),
                        ('status', models.CharField(choices=[('PENDING', 'waiting'), ('APPROVED', 'approved'), ('REJECTED', 'rejected')], default='PENDING', max_length=8)),
                        ('rejection_reason', models.CharField(blank=True, default='', max_length=200)),
                        ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                        ('created_at', models.DateTimeField()),
                        ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product')),
                        ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stock_requests', to=settings.AUTH_USER_MODEL)),
                        ('reviewed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'stock request',
                        'verbose_name_plural': 'stock requests',
                        'ordering': ['-created_at', '-id'],
                        'indexes': [models.Index(fields=['status', '-created_at', '-id'], name='stock_request_status'), models.Index(fields=['branch', '-created_at'], name='stock_request_branch'), models.Index(fields=['requested_by', '-created_at'], name='stock_request_by'), models.Index(fields=['-created_at', '-id'], name='stock_request_created')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('quantity__gte', 0), ('request_type', 'SET_QUANTITY')), models.Q(('quantity__gt', 0), ('request_type', 'ADD_QUANTITY')), _connector='OR'), name='stock_request_quantity'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'REJECTED'), _negated=True), models.Q(('rejection_reason', ''), _negated=True), _connector='OR'), name='stock_request_rejection_reason'), models.CheckConstraint(condition=models.Q(models.Q(('reviewed_by__isnull', True), ('status', 'PENDING')), models.Q(models.Q(('status', 'PENDING'), _negated=True), ('reviewed_by__isnull', False)), _connector='OR'), name='stock_request_reviewer')],
                    },
                ),
            ],
        ),
    ]

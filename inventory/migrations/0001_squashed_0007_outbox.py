import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('inventory', '0001_initial'),
        ('inventory', '0002_stock_import'),
        ('inventory', '0003_stock_words'),
        ('inventory', '0004_stock_low'),
        ('inventory', '0005_pick_correction'),
        ('inventory', '0006_returns'),
        ('inventory', '0007_outbox'),
    ]

    initial = True

    dependencies = [
        ('branches', '0002_slot_cutoff'),
        ('catalog', '0004_version'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Stock',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('on_hand', models.DecimalField(decimal_places=3, default=0, max_digits=12, verbose_name='on the shelf')),
                        ('reserved', models.DecimalField(decimal_places=3, default=0, max_digits=12, verbose_name='promised')),
                        ('reorder_point', models.DecimalField(decimal_places=3, default=0, max_digits=12, verbose_name='order again at')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                        ('branch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stocks', to='branches.branch', verbose_name='branch')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stocks', to='catalog.product', verbose_name='product')),
                    ],
                    options={
                        'verbose_name': 'stock',
                        'verbose_name_plural': 'stock',
                        'ordering': ['branch', 'product'],
                        'indexes': [models.Index(fields=['branch', 'product'], name='stock_branch_product'), models.Index(condition=models.Q(('on_hand__gt', models.F('reserved'))), fields=['product'], name='stock_available'), models.Index(condition=models.Q(('on_hand__lte', django.db.models.expressions.CombinedExpression(models.F('reorder_point'), '+', models.F('reserved')))), fields=['branch', 'product'], name='stock_low')],
                        'constraints': [models.UniqueConstraint(fields=('product', 'branch'), name='stock_product_branch'), models.CheckConstraint(condition=models.Q(('on_hand__gte', 0)), name='stock_on_hand_not_negative'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='stock_reserved_not_negative'), models.CheckConstraint(condition=models.Q(('reorder_point__gte', 0)), name='stock_reorder_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='StockMovement',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reason', models.CharField(choices=[('OPENING', 'opening count'), ('STOCKTAKE', 'stocktake'), ('RECEIPT', 'goods received'), ('TRANSFER', 'transfer'), ('RESERVE', 'promised to a checkout'), ('RELEASE', 'promise released'), ('PICK', 'picked'), ('UNPICK', 'put back'), ('REQUEST', 'approved stock request'), ('RETURN', 'came back from a customer')], max_length=12, verbose_name='reason')),
                        ('on_hand_delta', models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                        ('reserved_delta', models.DecimalField(decimal_places=3, default=0, max_digits=12)),
                        ('on_hand_after', models.DecimalField(decimal_places=3, max_digits=12)),
                        ('reserved_after', models.DecimalField(decimal_places=3, max_digits=12)),
                        ('reference', models.CharField(blank=True, default='', help_text='e.g. reservation:12', max_length=40, verbose_name='for')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='when')),
                        ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('stock', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='inventory.stock')),
                    ],
                    options={
                        'verbose_name': 'stock movement',
                        'verbose_name_plural': 'stock movements',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['stock', '-id'], name='movement_stock'), models.Index(fields=['reference'], name='movement_reference'), models.Index(fields=['created_at'], name='movement_created')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('on_hand_delta', 0), ('reserved_delta', 0), _negated=True), name='movement_moves_something')],
                        'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0d157d8e171eaeca0471e6cb948f16b6c55d78eb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_353f0', table='inventory_stockmovement', when='BEFORE')), pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='2bc1ca0f18ad5e6ed99896167771cfa1a18477b7', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_4d8b5', table='inventory_stockmovement', when='BEFORE'))],
                    },
                ),
                migrations.CreateModel(
                    name='StockImport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('file_name', models.CharField(max_length=100, verbose_name='file')),
                        ('content', models.BinaryField()),
                        ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='reason')),
                        ('status', models.CharField(choices=[('CHECKING', 'being checked'), ('CHECKED', 'checked'), ('APPLYING', 'being applied'), ('DONE', 'applied'), ('REFUSED', 'nothing was applied')], max_length=8, verbose_name='state')),
                        ('mode', models.CharField(blank=True, choices=[('ALL', 'all rows or none'), ('GOOD', 'the good rows')], default='', max_length=4)),
                        ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                        ('seen', models.PositiveIntegerField(default=0, verbose_name='rows looked at')),
                        ('changes', models.PositiveIntegerField(default=0, verbose_name='changes')),
                        ('refused', models.PositiveIntegerField(default=0, verbose_name='rows with a problem')),
                        ('problems', models.JSONField(default=list)),
                        ('created_at', models.DateTimeField(verbose_name='when')),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('actor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('branch', models.ForeignKey(blank=True, help_text='For rows that name none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.branch', verbose_name='branch')),
                    ],
                    options={
                        'verbose_name': 'import of counts',
                        'verbose_name_plural': 'imports of counts',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='PickCorrection',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('reference', models.CharField(max_length=40)),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                        ('stock', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='inventory.stock')),
                    ],
                    options={
                        'verbose_name': 'correction by a picker',
                        'verbose_name_plural': 'corrections by pickers',
                        'indexes': [models.Index(fields=['reference'], name='pick_correction_reference')],
                        'constraints': [models.UniqueConstraint(fields=('stock', 'reference'), name='pick_correction_unique'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='pick_correction_corrects_something')],
                    },
                ),
                migrations.CreateModel(
                    name='StockCrossing',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product_id', models.BigIntegerField()),
                        ('branch_id', models.BigIntegerField()),
                    ],
                    options={
                        'verbose_name': 'crossing of a stock',
                        'verbose_name_plural': 'crossings of stocks',
                    },
                ),
            ],
        ),
    ]

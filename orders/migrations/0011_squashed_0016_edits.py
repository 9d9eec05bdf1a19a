import django.db.models.deletion
import orders.models
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('orders', '0011_no_invoices'),
        ('orders', '0012_frozen_charges'),
        ('orders', '0013_questions_outlive_lines'),
        ('orders', '0014_problems'),
        ('orders', '0015_people'),
        ('orders', '0016_edits'),
    ]

    dependencies = [
        ('billing', '0002_papers_of_before'),
        ('orders', '0010_charged'),
        ('payments', '0008_payouts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.DeleteModel(
                    name='InvoiceSeries',
                ),
                migrations.DeleteModel(
                    name='Invoice',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='order',
                    name='frozen_after_capture',
                ),
                migrations.AddField(
                    model_name='order',
                    name='attempts',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='order',
                    trigger=pgtrigger.compiler.Trigger(name='frozen_after_capture', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."captured_at" IS NOT NULL AND (OLD."subtotal" IS DISTINCT FROM (NEW."subtotal") OR OLD."discount_total" IS DISTINCT FROM (NEW."discount_total") OR OLD."delivery_fee" IS DISTINCT FROM (NEW."delivery_fee") OR OLD."fee_vat_rate" IS DISTINCT FROM (NEW."fee_vat_rate") OR OLD."vat_total" IS DISTINCT FROM (NEW."vat_total") OR OLD."total_amount" IS DISTINCT FROM (NEW."total_amount") OR OLD."captured_at" IS DISTINCT FROM (NEW."captured_at") OR OLD."captured_total" IS DISTINCT FROM (NEW."captured_total") OR OLD."charged_goods" IS DISTINCT FROM (NEW."charged_goods") OR OLD."charged_fee" IS DISTINCT FROM (NEW."charged_fee") OR OLD."charged_extras" IS DISTINCT FROM (NEW."charged_extras") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."payment_id" IS DISTINCT FROM (NEW."payment_id") OR OLD."order_number" IS DISTINCT FROM (NEW."order_number")))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='f939dcf469faeff0232a28b60a6fe95865d03e28', operation='UPDATE', pgid='pgtrigger_frozen_after_capture_86bed', table='orders_order', when='BEFORE')),
                ),
                migrations.RemoveConstraint(
                    model_name='orderitem',
                    name='order_item_one_substitute',
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name='orderitem',
                    name='frozen_after_capture',
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='orderitem',
                    trigger=pgtrigger.compiler.Trigger(name='frozen_after_capture', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."charged" IS DISTINCT FROM (NEW."charged") OR OLD."discount" IS DISTINCT FROM (NEW."discount") OR OLD."line_total" IS DISTINCT FROM (NEW."line_total") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."picked_quantity" IS DISTINCT FROM (NEW."picked_quantity") OR OLD."picked_status" IS DISTINCT FROM (NEW."picked_status") OR OLD."product_id" IS DISTINCT FROM (NEW."product_id") OR OLD."quantity" IS DISTINCT FROM (NEW."quantity") OR OLD."sold_by" IS DISTINCT FROM (NEW."sold_by") OR OLD."substitute_for_id" IS DISTINCT FROM (NEW."substitute_for_id") OR OLD."unit_price" IS DISTINCT FROM (NEW."unit_price") OR OLD."vat_rate" IS DISTINCT FROM (NEW."vat_rate"))', func="IF EXISTS (SELECT 1 FROM orders_order AS o WHERE o.id = OLD.order_id AND o.captured_at IS NOT NULL) THEN RAISE EXCEPTION 'pgtrigger: the lines of a charged order are frozen'; END IF; RETURN NEW;", hash='bb4eea3675b051dc39157b4c19d4c69393ef338b', operation='UPDATE', pgid='pgtrigger_frozen_after_capture_70037', table='orders_orderitem', when='BEFORE')),
                ),
                migrations.AddField(
                    model_name='orderpickup',
                    name='arrived_at',
                    field=models.DateTimeField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name='orderpickup',
                    name='bay',
                    field=models.CharField(blank=True, db_default='', default='', max_length=20),
                ),
                migrations.AddIndex(
                    model_name='orderpickup',
                    index=models.Index(condition=models.Q(('arrived_at__isnull', False)), fields=['arrived_at'], name='order_pickup_arrived'),
                ),
                migrations.AlterField(
                    model_name='orderquestion',
                    name='item',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='questions', to='orders.orderitem'),
                ),
                migrations.AddField(
                    model_name='orderstatuschange',
                    name='reason_code',
                    field=models.CharField(blank=True, choices=[('NOT_HOME', 'nobody was at home'), ('REFUSED', 'not taken'), ('ADDRESS_WRONG', 'the address was wrong'), ('NO_ID', 'no identity card'), ('DAMAGED', 'damaged on the way'), ('OTHER', 'something else')], db_default='', default='', max_length=14),
                ),
                migrations.CreateModel(
                    name='ProblemReport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('status', models.CharField(choices=[('RECEIVED', 'being looked at'), ('REFUNDED', 'given back'), ('PARTLY_REFUNDED', 'partly given back'), ('REJECTED', 'not given back')], default='RECEIVED', max_length=15, verbose_name='status')),
                        ('is_automatic', models.BooleanField(default=False, help_text='Nobody looked at it first.', verbose_name='given back at once')),
                        ('note', models.CharField(blank=True, default='', max_length=500, verbose_name='our answer')),
                        ('key', models.CharField(max_length=128)),
                        ('body_hash', models.CharField(max_length=64)),
                        ('created_at', models.DateTimeField(verbose_name='reported')),
                        ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                        ('decided_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='problems', to='orders.order')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='problems', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'problem report',
                        'verbose_name_plural': 'problem reports',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('status', 'RECEIVED')), fields=['id'], name='problem_open'), models.Index(condition=models.Q(('is_automatic', True)), fields=['user', 'created_at'], name='problem_automatic')],
                        'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='problem_key_unique'), models.CheckConstraint(condition=models.Q(('status__in', ['RECEIVED', 'REFUNDED', 'PARTLY_REFUNDED', 'REJECTED'])), name='problem_status_known'), models.CheckConstraint(condition=models.Q(('status', 'RECEIVED'), ('decided_at__isnull', False), _connector='OR'), name='problem_decided_when_closed')],
                    },
                ),
                migrations.CreateModel(
                    name='ProblemItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('kind', models.CharField(choices=[('NOT_DELIVERED', 'did not arrive'), ('DAMAGED', 'damaged'), ('WRONG_ITEM', 'another product'), ('EXPIRED', 'past its date'), ('QUALITY', 'not fresh')], max_length=13)),
                        ('text', models.CharField(blank=True, default='', max_length=500)),
                        ('photo', models.FileField(blank=True, storage=orders.models.private_storage, upload_to='problems/')),
                        ('amount', models.DecimalField(decimal_places=2, help_text='What it cost, its deposit included.', max_digits=12)),
                        ('given', models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                        ('status', models.CharField(choices=[('RECEIVED', 'being looked at'), ('REFUNDED', 'given back'), ('PARTLY_REFUNDED', 'partly given back'), ('REJECTED', 'not given back')], default='RECEIVED', max_length=15)),
                        ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='problem_items', to='orders.orderitem')),
                        ('refund', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='problem_items', to='payments.refund')),
                        ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='orders.problemreport')),
                    ],
                    options={
                        'verbose_name': 'line of a problem report',
                        'verbose_name_plural': 'lines of problem reports',
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('report', 'item'), name='problem_item_once'), models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('quantity__gt', 0)), name='problem_item_positive'), models.CheckConstraint(condition=models.Q(('given__gte', 0), ('given__lte', models.F('amount'))), name='problem_item_given')],
                    },
                ),
                migrations.CreateModel(
                    name='StaffNote',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('text', models.CharField(max_length=1000)),
                        ('at', models.DateTimeField()),
                        ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff_notes', to=settings.AUTH_USER_MODEL)),
                        ('order', models.ForeignKey(blank=True, help_text='Empty: about the customer.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='staff_notes', to='orders.order')),
                    ],
                    options={
                        'verbose_name': 'note of staff',
                        'verbose_name_plural': 'notes of staff',
                        'ordering': ['id'],
                    },
                ),
                migrations.CreateModel(
                    name='LineEdit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('REMOVED', 'taken out'), ('ADDED', 'added'), ('PRICE', 'another price')], max_length=8)),
                        ('name_he', models.CharField(max_length=120)),
                        ('name_en', models.CharField(max_length=120)),
                        ('sold_by', models.CharField(max_length=6)),
                        ('quantity_before', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('quantity_after', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('before', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('after', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('reason', models.CharField(help_text='Told to the customer.', max_length=200)),
                        ('at', models.DateTimeField()),
                        ('item', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='orders.orderitem')),
                        ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='orders.order')),
                    ],
                    options={
                        'verbose_name': 'edit of a line',
                        'verbose_name_plural': 'edits of lines',
                        'ordering': ['id'],
                    },
                ),
            ],
        ),
    ]

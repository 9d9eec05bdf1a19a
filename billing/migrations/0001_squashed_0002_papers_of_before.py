import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('billing', '0001_initial'),
        ('billing', '0002_papers_of_before'),
    ]

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
        ('orders', '0010_charged'),
        ('payments', '0006_is_followed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Document',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('type', models.CharField(choices=[('TAX_INVOICE_RECEIPT', 'tax invoice / receipt'), ('CREDIT_NOTE', 'credit note')], max_length=20, verbose_name='type')),
                        ('year', models.PositiveSmallIntegerField()),
                        ('serial', models.PositiveIntegerField()),
                        ('number', models.CharField(max_length=16, verbose_name='number')),
                        ('issued_at', models.DateTimeField(verbose_name='issued')),
                        ('total', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='total')),
                        ('vat', models.JSONField(help_text='Rows of rate, net and VAT.')),
                        ('snapshot', models.JSONField()),
                        ('allocation_number', models.CharField(blank=True, max_length=20, null=True)),
                        ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='billing.document')),
                        ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='orders.order')),
                        ('refund', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='document', to='payments.refund')),
                    ],
                    options={
                        'verbose_name': 'document',
                        'verbose_name_plural': 'documents',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['number'], name='document_number'), models.Index(fields=['issued_at'], name='document_issued')],
                        'constraints': [models.UniqueConstraint(fields=('type', 'year', 'serial'), name='document_number_unique'), models.UniqueConstraint(condition=models.Q(('type', 'TAX_INVOICE_RECEIPT')), fields=('order',), name='document_one_invoice'), models.CheckConstraint(condition=models.Q(('serial__gt', 0), ('total__gt', 0)), name='document_numbers_positive'), models.CheckConstraint(condition=models.Q(models.Q(('corrects__isnull', True), ('refund__isnull', True), ('type', 'TAX_INVOICE_RECEIPT')), models.Q(('corrects__isnull', False), ('type', 'CREDIT_NOTE')), _connector='OR'), name='document_credit_names_its_invoice')],
                        'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8375fd0ed3dcf6f9969a49aa098d967f95e8d08b', operation='UPDATE', pgid='pgtrigger_append_only_dba09', table='billing_document', when='BEFORE')), pgtrigger.compiler.Trigger(name='archived', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF (OLD.year) + 7 >= extract(year FROM now()) THEN RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME; END IF; RETURN OLD;", hash='1f1db333ac79db375f11acd922c477189e59b9d4', operation='DELETE', pgid='pgtrigger_archived_6b9ab', table='billing_document', when='BEFORE')), pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='dbead10abb8b11a7b99ab3892844ce2d9724e2e4', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_0b763', table='billing_document', when='BEFORE'))],
                    },
                ),
                migrations.CreateModel(
                    name='DocumentFile',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('language', models.CharField(choices=[('he', 'עברית'), ('en', 'English')], max_length=2)),
                        ('content', models.BinaryField()),
                        ('sha256', models.CharField(max_length=64)),
                        ('drawn_at', models.DateTimeField()),
                        ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='billing.document')),
                    ],
                    options={
                        'verbose_name': 'stored paper',
                        'verbose_name_plural': 'stored papers',
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('document', 'language'), name='document_file_once'), models.CheckConstraint(condition=models.Q(('sha256', models.Func(models.Func(models.F('content'), function='sha256'), models.Value('hex'), function='encode', output_field=models.CharField()))), name='document_file_hash')],
                        'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='ea75b45fdebd56a47784a60c288d616e7bc02117', operation='UPDATE', pgid='pgtrigger_append_only_19741', table='billing_documentfile', when='BEFORE')), pgtrigger.compiler.Trigger(name='archived', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF (SELECT year FROM billing_document WHERE id = OLD.document_id) + 7 >= extract(year FROM now()) THEN RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME; END IF; RETURN OLD;", hash='8623387f50229604ef519cda5d53a921611e3550', operation='DELETE', pgid='pgtrigger_archived_c3fcc', table='billing_documentfile', when='BEFORE')), pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='943ba11e8e8df86cd735e0e04ceeab31e9f177be', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_48134', table='billing_documentfile', when='BEFORE'))],
                    },
                ),
                migrations.CreateModel(
                    name='DocumentSeries',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('type', models.CharField(choices=[('TAX_INVOICE_RECEIPT', 'tax invoice / receipt'), ('CREDIT_NOTE', 'credit note')], max_length=20)),
                        ('year', models.PositiveSmallIntegerField()),
                        ('last', models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        'verbose_name': 'number series',
                        'verbose_name_plural': 'number series',
                        'constraints': [models.UniqueConstraint(fields=('type', 'year'), name='document_series_unique')],
                    },
                ),
            ],
        ),
    ]

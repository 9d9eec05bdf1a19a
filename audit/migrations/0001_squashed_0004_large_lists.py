import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('audit', '0001_initial'),
        ('audit', '0002_type_index'),
        ('audit', '0003_looked_at'),
        ('audit', '0004_large_lists'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='AuditEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('entity_type', models.CharField(max_length=40, verbose_name='what')),
                        ('entity_id', models.BigIntegerField(verbose_name='number')),
                        ('action', models.CharField(choices=[('CREATE', 'created'), ('UPDATE', 'changed'), ('DEACTIVATE', 'deactivated'), ('ACTIVATE', 'activated'), ('DELETE', 'deleted'), ('STATUS_CHANGE', 'status changed'), ('PICK', 'picked'), ('CANCEL', 'cancelled'), ('APPROVE', 'approved'), ('REJECT', 'rejected'), ('RESERVE', 'reserved'), ('RELEASE', 'released'), ('CAPTURE', 'captured'), ('VOID', 'voided'), ('REFUND', 'refunded'), ('SET_DEFAULT', 'made default'), ('LOGIN_SUCCESS', 'signed in'), ('LOGIN_FAILURE', 'sign-in refused'), ('PASSWORD_CHANGE', 'password changed'), ('PASSWORD_RESET', 'password reset'), ('READ', 'looked at')], max_length=20, verbose_name='action')),
                        ('old_value', models.JSONField(default=dict, verbose_name='before')),
                        ('new_value', models.JSONField(default=dict, verbose_name='after')),
                        ('context', models.JSONField(default=dict, verbose_name='context')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='when')),
                        ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                    ],
                    options={
                        'verbose_name': 'audit entry',
                        'verbose_name_plural': 'audit trail',
                        'ordering': ['-created_at', '-id'],
                        'indexes': [models.Index(fields=['-created_at', '-id'], name='audit_created'), models.Index(fields=['entity_type', 'entity_id', '-created_at'], name='audit_entity'), models.Index(fields=['actor', '-created_at'], name='audit_actor'), models.Index(fields=['action', '-created_at'], name='audit_action'), models.Index(fields=['entity_type', '-created_at', '-id'], name='audit_type'), models.Index(fields=['entity_type', 'action', '-created_at', '-id'], name='audit_type_action'), models.Index(fields=['actor', 'action', '-created_at'], name='audit_actor_action')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('action__in', ['CREATE', 'UPDATE', 'DEACTIVATE', 'ACTIVATE', 'DELETE', 'STATUS_CHANGE', 'PICK', 'CANCEL', 'APPROVE', 'REJECT', 'RESERVE', 'RELEASE', 'CAPTURE', 'VOID', 'REFUND', 'SET_DEFAULT', 'LOGIN_SUCCESS', 'LOGIN_FAILURE', 'PASSWORD_CHANGE', 'PASSWORD_RESET', 'READ'])), name='audit_action_known')],
                        'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='ab24cb77a22d3160dc788fecde00a98236f14d09', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6cfb3', table='audit_auditentry', when='BEFORE')), pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='a592f23196feb8573ef400ab857ad5663ccdc844', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_f9722', table='audit_auditentry', when='BEFORE'))],
                    },
                ),
            ],
        ),
    ]

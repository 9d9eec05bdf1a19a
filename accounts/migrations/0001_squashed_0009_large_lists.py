import accounts.export_models
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import phonenumber_field.modelfields
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_devices'),
        ('accounts', '0003_one_spelling'),
        ('accounts', '0004_consents'),
        ('accounts', '0005_second_factor'),
        ('accounts', '0006_sign_ins'),
        ('accounts', '0007_wish_and_proofs'),
        ('accounts', '0008_exports'),
        ('accounts', '0009_large_lists'),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(
            sql='CREATE EXTENSION IF NOT EXISTS pg_trgm',
            reverse_sql=migrations.RunSQL.noop,
        ),
        Together(
            operations=[
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                        ('full_name', models.CharField(max_length=120, verbose_name='full name')),
                        ('phone', phonenumber_field.modelfields.PhoneNumberField(blank=True, default='', max_length=128, region=None, verbose_name='phone')),
                        ('role', models.CharField(choices=[('CUSTOMER', 'customer'), ('EMPLOYEE', 'employee'), ('MANAGER', 'manager'), ('ADMIN', 'admin')], default='CUSTOMER', max_length=10, verbose_name='role')),
                        ('language', models.CharField(choices=[('he', 'עברית'), ('en', 'English')], default='he', max_length=2, verbose_name='language')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('token_version', models.PositiveIntegerField(default=0, help_text='Part of every token; raising it refuses all tokens issued before.')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='joined')),
                        ('documents_consent', models.BooleanField(default=None, help_text='Whether computerised papers are wanted; empty: not asked yet.', null=True, verbose_name='papers by e-mail')),
                        ('second_factor_since', models.DateTimeField(blank=True, null=True, verbose_name='second factor since')),
                        ('delivery_note', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='note for the courier')),
                        ('delivery_preference', models.CharField(choices=[('HAND_OVER', 'hand it over'), ('LEAVE_AT_DOOR', 'leave at the door'), ('SIGNATURE', 'hand over and sign'), ('SAFE_PLACE', 'a safe place')], db_default='HAND_OVER', default='HAND_OVER', max_length=16, verbose_name='at the door')),
                        ('email_verified', models.BooleanField(db_default=False, default=False, verbose_name='e-mail verified')),
                        ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='erased')),
                        ('pending_email', models.EmailField(blank=True, help_text='Asked for, not proved yet.', max_length=254, null=True)),
                        ('phone_verified', models.BooleanField(db_default=False, default=False, verbose_name='phone verified')),
                    ],
                    options={
                        'verbose_name': 'person',
                        'verbose_name_plural': 'people',
                        'indexes': [models.Index(fields=['role', 'is_active'], name='user_role'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower('email'), 'gin_trgm_ops'), name='user_email_part'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('full_name'), 'gin_trgm_ops'), name='user_name_part'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('phone', 'gin_trgm_ops'), name='user_phone_part')],
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_unique'), models.CheckConstraint(condition=models.Q(('role__in', ['CUSTOMER', 'EMPLOYEE', 'MANAGER', 'ADMIN'])), name='user_role_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Address',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('label', models.CharField(blank=True, default='', max_length=40, verbose_name='name of the place')),
                        ('line1', models.CharField(max_length=120, verbose_name='street and number')),
                        ('line2', models.CharField(blank=True, default='', max_length=120, verbose_name='more')),
                        ('city', models.CharField(max_length=60, verbose_name='city')),
                        ('postal_code', models.CharField(blank=True, default='', max_length=7, validators=[django.core.validators.RegexValidator('^[0-9]{5}([0-9]{2})?$', 'A postal code has 7 digits.')], verbose_name='postal code')),
                        ('floor', models.CharField(blank=True, default='', max_length=10, verbose_name='floor')),
                        ('door_code', models.CharField(blank=True, default='', max_length=20, verbose_name='door code')),
                        ('instructions', models.CharField(blank=True, default='', max_length=200, verbose_name='for the driver')),
                        ('is_default', models.BooleanField(default=False, verbose_name='default')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'address',
                        'verbose_name_plural': 'addresses',
                        'ordering': ['-is_default', 'id'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user',), name='address_one_default'), models.CheckConstraint(condition=models.Q(('line1', ''), _negated=True), name='address_line1_given'), models.CheckConstraint(condition=models.Q(('city', ''), _negated=True), name='address_city_given')],
                    },
                ),
                migrations.CreateModel(
                    name='PasswordReset',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('secret_hash', models.CharField(max_length=64)),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='password_resets', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('secret_hash',), name='password_reset_secret_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='RefreshToken',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('family', models.UUIDField(db_index=True)),
                        ('jti', models.UUIDField()),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('revoked_at', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refresh_tokens', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['expires_at'], name='refresh_token_expires')],
                        'constraints': [models.UniqueConstraint(fields=('jti',), name='refresh_token_jti_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='Device',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('secret_hash', models.CharField(max_length=64)),
                        ('family', models.CharField(blank=True, default='', max_length=40)),
                        ('last_seen_at', models.DateTimeField()),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['last_seen_at'], name='device_last_seen')],
                        'constraints': [models.UniqueConstraint(fields=('secret_hash',), name='device_secret_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='KnownPlace',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('place_hash', models.CharField(max_length=64)),
                        ('last_seen_at', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='known_places', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['last_seen_at'], name='known_place_last_seen')],
                        'constraints': [models.UniqueConstraint(fields=('user', 'place_hash'), name='known_place_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='Consent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('TERMS', 'terms of sale'), ('PRIVACY', 'privacy'), ('DOCUMENTS', 'computerised papers'), ('MARKETING_EMAIL', 'offers by e-mail'), ('MARKETING_SMS', 'offers by SMS'), ('OFF_SESSION_CARD', 'later charges to the card')], max_length=16)),
                        ('given', models.BooleanField()),
                        ('version', models.CharField(help_text='Of the text, such as 2026-11; the texts stay readable.', max_length=20)),
                        ('language', models.CharField(max_length=2)),
                        ('at', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to=settings.AUTH_USER_MODEL)),
                        ('face', models.CharField(blank=True, db_default='', default='', help_text='Where: PAGES or API.', max_length=5)),
                    ],
                    options={
                        'verbose_name': 'consent',
                        'verbose_name_plural': 'consents',
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['user', 'kind', '-id'], name='consent_newest')],
                        'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='605ae12046e39086d47000bb520c931ba024eddf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eb45e', table='accounts_consent', when='BEFORE')), pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='bca1e0ea7286026d46a0316754dcd5ba5700c2b7', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_bb165', table='accounts_consent', when='BEFORE'))],
                    },
                ),
                migrations.CreateModel(
                    name='RecoveryCode',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code_hash', models.CharField(max_length=128)),
                        ('used_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='SecondFactor',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('secret', models.CharField(max_length=300)),
                        ('last_step', models.BigIntegerField(default=0)),
                        ('created_at', models.DateTimeField()),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='second_factor', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='SignInChallenge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('secret_hash', models.CharField(max_length=64)),
                        ('version', models.PositiveIntegerField()),
                        ('wrong', models.PositiveSmallIntegerField(default=0)),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='challenges', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['expires_at'], name='challenge_expires')],
                        'constraints': [models.UniqueConstraint(fields=('secret_hash',), name='challenge_secret_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='SignIn',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('WEB', 'browser'), ('APP', 'app')], max_length=3)),
                        ('session_key', models.CharField(blank=True, db_index=True, default='', max_length=40)),
                        ('family', models.UUIDField(db_index=True, null=True)),
                        ('device', models.CharField(blank=True, default='', max_length=40)),
                        ('last_seen_at', models.DateTimeField()),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('ended_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ins', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['user', 'ended_at'], name='sign_in_user_open')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('family', None), ('kind', 'WEB')), models.Q(('family__isnull', False), ('kind', 'APP'), ('session_key', '')), _connector='OR'), name='sign_in_of_one_kind')],
                    },
                ),
                migrations.CreateModel(
                    name='MailProof',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('VERIFY', 'this address is mine'), ('CHANGE', 'this is my new address'), ('TAKE_BACK', 'it was not me who changes the address')], max_length=9)),
                        ('email', models.EmailField(max_length=254)),
                        ('secret_hash', models.CharField(max_length=64)),
                        ('created_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mail_proofs', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['expires_at'], name='mail_proof_expires')],
                        'constraints': [models.UniqueConstraint(fields=('secret_hash',), name='mail_proof_secret_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['VERIFY', 'CHANGE', 'TAKE_BACK'])), name='mail_proof_kind_known')],
                    },
                ),
                migrations.CreateModel(
                    name='PhoneCode',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('phone', models.CharField(max_length=20)),
                        ('code_hash', models.CharField(max_length=64)),
                        ('wrong', models.PositiveSmallIntegerField(default=0)),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phone_codes', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['expires_at'], name='phone_code_expires')],
                    },
                ),
                migrations.CreateModel(
                    name='DataExport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('state', models.CharField(choices=[('PREPARING', 'being made'), ('READY', 'ready'), ('EXPIRED', 'over')], default='PREPARING', max_length=9)),
                        ('file', models.FileField(blank=True, storage=accounts.export_models.private_storage, upload_to='exports/')),
                        ('size', models.BigIntegerField(null=True)),
                        ('requested_at', models.DateTimeField()),
                        ('ready_at', models.DateTimeField(null=True)),
                        ('expires_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('state', 'READY')), fields=['expires_at'], name='export_ready')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'PREPARING')), fields=('user',), name='data_export_one_preparing'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'READY'), _negated=True), models.Q(('expires_at__isnull', False), ('ready_at__isnull', False)), _connector='OR'), name='data_export_ready_has_times')],
                    },
                ),
            ],
        ),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('notifications', '0001_initial'),
        ('notifications', '0002_channels_and_choices'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('channel', models.CharField(choices=[('EMAIL', 'e-mail'), ('SMS', 'SMS')], default='EMAIL', max_length=5)),
                        ('kind', models.CharField(help_text='The event it tells of.', max_length=40)),
                        ('context', models.JSONField(default=dict)),
                        ('dedupe_key', models.CharField(help_text='The same message is never queued twice.', max_length=80)),
                        ('state', models.CharField(choices=[('QUEUED', 'waiting'), ('SENDING', 'being sent'), ('SENT', 'sent'), ('FAILED', 'failed'), ('UNKNOWN', 'not known')], default='QUEUED', max_length=7)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('sent_at', models.DateTimeField(blank=True, null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('delivered_at', models.DateTimeField(blank=True, null=True)),
                        ('failure', models.CharField(blank=True, db_default='', default='', max_length=60)),
                        ('lease_until', models.DateTimeField(blank=True, null=True)),
                        ('reference', models.CharField(blank=True, db_default='', default='', help_text="The gateway's name.", max_length=100)),
                        ('send_after', models.DateTimeField(blank=True, help_text="When the person's quiet hours end.", null=True)),
                    ],
                    options={
                        'verbose_name': 'message',
                        'verbose_name_plural': 'messages',
                        'ordering': ['-id'],
                        'indexes': [models.Index(condition=models.Q(('state__in', ['QUEUED', 'SENDING'])), fields=['id'], name='message_open'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference'], name='message_reference'), models.Index(fields=['user', '-id'], name='message_user')],
                        'constraints': [models.UniqueConstraint(fields=('dedupe_key', 'kind', 'channel'), name='message_dedupe_unique'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'SENDING'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='message_sending_has_lease')],
                    },
                ),
                migrations.CreateModel(
                    name='Choice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('event', models.CharField(max_length=40)),
                        ('channel', models.CharField(choices=[('EMAIL', 'e-mail'), ('SMS', 'SMS')], max_length=5)),
                        ('is_on', models.BooleanField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'event', 'channel'), name='choice_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='QuietHours',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('begins', models.TimeField(blank=True, null=True)),
                        ('ends', models.TimeField(blank=True, null=True)),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('begins__isnull', True), ('ends__isnull', True)), models.Q(('begins__isnull', False), ('ends__isnull', False), models.Q(('begins', models.F('ends')), _negated=True)), _connector='OR'), name='quiet_hours_both_or_none')],
                    },
                ),
            ],
        ),
    ]

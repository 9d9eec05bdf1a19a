"""People who wait for a product or for a place in a full window."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0005_waiting_holds'),
        ('catalog', '0015_counted_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='WaitingEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('state', models.CharField(choices=[('WAITING', 'waiting'), ('OFFERED', 'offered'), ('TAKEN', 'taken'), ('PASSED', 'not taken in time'), ('CANCELED', 'no longer wanted'), ('ENDED', 'ended')], default='WAITING', max_length=8)),
                        ('created_at', models.DateTimeField()),
                        ('offered_at', models.DateTimeField(blank=True, null=True)),
                        ('offer_until', models.DateTimeField(blank=True, null=True)),
                        ('ended_at', models.DateTimeField(blank=True, null=True)),
                        ('dated_slot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.datedslot')),
                        ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'waiting entry',
                        'verbose_name_plural': 'waiting entries',
                        'ordering': ['id'],
                        'indexes': [models.Index(condition=models.Q(('state__in', ('WAITING', 'OFFERED'))), fields=['product', 'id'], name='waiting_product_line'), models.Index(condition=models.Q(('state__in', ('WAITING', 'OFFERED'))), fields=['dated_slot', 'id'], name='waiting_window_line'), models.Index(fields=['product', '-offered_at'], name='waiting_wave'), models.Index(fields=['user', '-id'], name='waiting_of_user')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('product__isnull', True), ('dated_slot__isnull', True), _connector='XOR'), name='waiting_for_one_thing'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state__in', ('WAITING', 'OFFERED'))), models.Q(models.Q(('state__in', ('WAITING', 'OFFERED')), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='waiting_open_or_ended'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'OFFERED'), _negated=True), models.Q(('offered_at__isnull', False), models.Q(('offer_until__isnull', False), ('dated_slot', None), _connector='OR')), _connector='OR'), name='waiting_offer_has_its_time'), models.UniqueConstraint(condition=models.Q(('state__in', ('WAITING', 'OFFERED'))), fields=('user', 'product'), name='waiting_product_once'), models.UniqueConstraint(condition=models.Q(('state__in', ('WAITING', 'OFFERED'))), fields=('user', 'dated_slot'), name='waiting_window_once')],
                    },
                ),
            ],
        ),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('cart', '0001_initial'),
        ('cart', '0002_substitution_of_all'),
        ('cart', '0003_place_holds'),
        ('cart', '0004_line_notes_and_undo'),
    ]

    initial = True

    dependencies = [
        ('branches', '0003_place_holds'),
        ('catalog', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='Cart',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('guest_key', models.UUIDField(blank=True, null=True)),
                        ('status', models.CharField(choices=[('ACTIVE', 'being filled'), ('CHECKED_OUT', 'ordered'), ('ABANDONED', 'abandoned')], default='ACTIVE', max_length=12)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                        ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='carts', to=settings.AUTH_USER_MODEL)),
                        ('substitution', models.CharField(choices=[('BEST_MATCH', 'choose the closest one, never dearer'), ('CALL_ME', 'ask me'), ('REFUND', 'no substitute')], default='BEST_MATCH', help_text='What a line gets that is put in later.', max_length=10)),
                        ('before_join', models.JSONField(blank=True, help_text="What it was before a guest's basket joined it, while that can be undone.", null=True)),
                    ],
                    options={
                        'verbose_name': 'basket',
                        'verbose_name_plural': 'baskets',
                        'indexes': [models.Index(fields=['status', 'updated_at'], name='cart_status_updated')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'ACTIVE')), fields=('user',), name='cart_one_active_per_user'), models.UniqueConstraint(condition=models.Q(('status', 'ACTIVE')), fields=('guest_key',), name='cart_one_active_per_guest'), models.CheckConstraint(condition=models.Q(models.Q(('guest_key__isnull', True), ('user__isnull', False)), models.Q(('guest_key__isnull', False), ('user__isnull', True)), _connector='OR'), name='cart_one_owner'), models.CheckConstraint(condition=models.Q(('status__in', ['ACTIVE', 'CHECKED_OUT', 'ABANDONED'])), name='cart_status_known')],
                    },
                ),
                migrations.CreateModel(
                    name='CartItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('price_when_added', models.DecimalField(decimal_places=2, max_digits=12)),
                        ('substitution', models.CharField(choices=[('BEST_MATCH', 'choose the closest one, never dearer'), ('CALL_ME', 'ask me'), ('REFUND', 'no substitute')], default='BEST_MATCH', max_length=10)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('cart', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='cart.cart')),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.product')),
                        ('note', models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='note')),
                    ],
                    options={
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('cart', 'product'), name='cart_item_product_unique'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('quantity__lte', 999)), name='cart_item_quantity_range')],
                    },
                ),
            ],
        ),
    ]

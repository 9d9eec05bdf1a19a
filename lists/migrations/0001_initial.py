"""Lists of products that people keep, alone or together."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0013_large_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='ShoppingList',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(blank=True, max_length=60)),
                        ('is_favourites', models.BooleanField(default=False)),
                        ('share_key', models.CharField(blank=True, default='', help_text='What the newest link to join it is signed for; empty: there is none.', max_length=32)),
                        ('share_until', models.DateTimeField(blank=True, null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shopping_lists', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'list',
                        'verbose_name_plural': 'lists',
                        'ordering': ['-is_favourites', '-updated_at', '-id'],
                        'constraints': [models.UniqueConstraint(models.F('owner'), django.db.models.functions.text.Lower('name'), condition=models.Q(('is_favourites', False)), name='list_name_unique'), models.UniqueConstraint(condition=models.Q(('is_favourites', True)), fields=('owner',), name='list_one_favourites'), models.CheckConstraint(condition=models.Q(models.Q(('is_favourites', True), ('name', '')), models.Q(('is_favourites', False), models.Q(('name', ''), _negated=True)), _connector='OR'), name='list_has_a_name')],
                    },
                ),
                migrations.CreateModel(
                    name='ListMember',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('joined_at', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='joined_lists', to=settings.AUTH_USER_MODEL)),
                        ('list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='lists.shoppinglist')),
                    ],
                    options={
                        'ordering': ['joined_at', 'id'],
                        'constraints': [models.UniqueConstraint(fields=('list', 'user'), name='list_member_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='ListItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('quantity', models.DecimalField(decimal_places=3, max_digits=9)),
                        ('note', models.CharField(blank=True, default='', max_length=200)),
                        ('added_at', models.DateTimeField()),
                        ('added_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product')),
                        ('list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='lists.shoppinglist')),
                    ],
                    options={
                        'ordering': ['id'],
                        'constraints': [models.UniqueConstraint(fields=('list', 'product'), name='list_item_product_unique'), models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('quantity__lte', 999)), name='list_item_quantity_range')],
                    },
                ),
            ],
        ),
    ]

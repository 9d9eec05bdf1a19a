import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.db.models.functions.text
import pgtrigger.compiler
import re
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from catalog.migrations._vat_law import load_vat
from core.name_keys import FUNCTION
from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('catalog', '0001_initial'),
        ('catalog', '0002_vat'),
        ('catalog', '0003_search_words'),
        ('catalog', '0004_version'),
        ('catalog', '0005_category_place'),
        ('catalog', '0006_list_indexes'),
        ('catalog', '0007_open_categories'),
        ('catalog', '0008_gtin14'),
        ('catalog', '0009_sku_without_case'),
        ('catalog', '0010_name_keys'),
        ('catalog', '0011_no_search_vector'),
        ('catalog', '0012_deposit'),
        ('catalog', '0013_large_lists'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            sql='CREATE EXTENSION IF NOT EXISTS pg_trgm',
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            sql=FUNCTION,
            reverse_sql='DROP FUNCTION name_key(text, text)',
        ),
        Together(
            operations=[
                migrations.CreateModel(
                    name='VatClass',
                    fields=[
                        ('code', models.CharField(max_length=12, primary_key=True, serialize=False, verbose_name='class')),
                        ('name_he', models.CharField(max_length=60, verbose_name='name (Hebrew)')),
                        ('name_en', models.CharField(max_length=60, verbose_name='name (English)')),
                    ],
                    options={
                        'verbose_name': 'VAT class',
                        'verbose_name_plural': 'VAT classes',
                    },
                ),
                migrations.CreateModel(
                    name='Brand',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name_he', models.CharField(max_length=120, verbose_name='name (Hebrew)')),
                        ('name_en', models.CharField(max_length=120, verbose_name='name (English)')),
                        ('slug', models.SlugField(max_length=60, verbose_name='address')),
                        ('label', models.PositiveSmallIntegerField(default=1, verbose_name='printed look')),
                        ('is_house', models.BooleanField(default=False, verbose_name='house brand')),
                        ('key_he', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name_he'), models.Value('he'), function='name_key'), output_field=models.TextField(db_collation='C'))),
                        ('key_en', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name_en'), models.Value('en'), function='name_key'), output_field=models.TextField(db_collation='C'))),
                    ],
                    options={
                        'verbose_name': 'brand',
                        'verbose_name_plural': 'brands',
                        'ordering': ['key_he'],
                        'constraints': [models.UniqueConstraint(fields=('slug',), name='brand_slug_unique'), models.CheckConstraint(condition=models.Q(('label__range', (1, 6))), name='brand_label_range')],
                    },
                ),
                migrations.CreateModel(
                    name='Category',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name_he', models.CharField(max_length=120, verbose_name='name (Hebrew)')),
                        ('name_en', models.CharField(max_length=120, verbose_name='name (English)')),
                        ('slug', models.SlugField(max_length=60, verbose_name='address')),
                        ('aisle', models.CharField(blank=True, default='', max_length=10, verbose_name='aisle tint')),
                        ('icon', models.CharField(blank=True, default='', max_length=30, verbose_name='picture')),
                        ('position', models.PositiveIntegerField(default=0, verbose_name='position')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='catalog.category', verbose_name='department')),
                        ('is_open', models.BooleanField(default=True, editable=False)),
                        ('key_he', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name_he'), models.Value('he'), function='name_key'), output_field=models.TextField(db_collation='C'))),
                        ('key_en', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name_en'), models.Value('en'), function='name_key'), output_field=models.TextField(db_collation='C'))),
                    ],
                    options={
                        'verbose_name': 'category',
                        'verbose_name_plural': 'categories',
                        'ordering': ['position', 'id'],
                        'indexes': [models.Index(fields=['position', 'id'], name='category_place')],
                        'constraints': [models.UniqueConstraint(fields=('slug',), name='category_slug_unique'), models.UniqueConstraint(fields=('parent', 'name_he'), name='category_name_he_unique', nulls_distinct=False), models.UniqueConstraint(fields=('parent', 'name_en'), name='category_name_en_unique', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='category_not_own_parent'), models.CheckConstraint(condition=models.Q(('is_open', False), ('is_active', True), _connector='OR'), name='category_open_is_active')],
                    },
                ),
                migrations.CreateModel(
                    name='Product',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name_he', models.CharField(max_length=120, verbose_name='name (Hebrew)')),
                        ('name_en', models.CharField(max_length=120, verbose_name='name (English)')),
                        ('sku', models.CharField(max_length=40, verbose_name='sku')),
                        ('barcode', models.CharField(blank=True, max_length=14, null=True, validators=[django.core.validators.RegexValidator(re.compile('\\A[0-9]{8,14}\\Z'), 'A barcode has 8 to 14 digits, 0 to 9.')], verbose_name='barcode')),
                        ('description_he', models.TextField(blank=True, default='', verbose_name='description (Hebrew)')),
                        ('description_en', models.TextField(blank=True, default='', verbose_name='description (English)')),
                        ('price', models.DecimalField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(Decimal('0.01'))], verbose_name='price')),
                        ('old_price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='earlier price')),
                        ('sold_by', models.CharField(choices=[('UNIT', 'by the unit'), ('WEIGHT', 'by weight')], default='UNIT', max_length=6, verbose_name='sold')),
                        ('quantity_step', models.DecimalField(decimal_places=3, default=Decimal('1'), help_text='Units, or kg for goods sold by weight.', max_digits=8, verbose_name='step')),
                        ('size', models.DecimalField(decimal_places=3, default=Decimal('1'), max_digits=10, validators=[django.core.validators.MinValueValidator(Decimal('0.001'))], verbose_name='pack content')),
                        ('size_unit', models.CharField(choices=[('G', 'g'), ('KG', 'kg'), ('ML', 'ml'), ('L', 'litre'), ('PIECE', 'pieces')], default='PIECE', max_length=5, verbose_name='in')),
                        ('unit_price', models.GeneratedField(db_persist=True, expression=django.db.models.functions.math.Round(models.Case(models.When(size_unit__in=['G', 'ML'], then=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('price'), '*', models.Value(Decimal('100'))), '/', models.F('size'))), default=django.db.models.expressions.CombinedExpression(models.F('price'), '/', models.F('size'))), precision=2), output_field=models.DecimalField(decimal_places=2, max_digits=12), verbose_name='unit price')),
                        ('dietary_tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('vegan', 'vegan'), ('vegetarian', 'vegetarian'), ('gluten_free', 'gluten free'), ('lactose_free', 'lactose free'), ('sugar_free', 'no added sugar'), ('organic', 'organic'), ('whole_grain', 'whole grain'), ('high_protein', 'high in protein'), ('low_fat', 'low fat'), ('kosher_dairy', 'kosher, dairy'), ('kosher_meat', 'kosher, meat'), ('kosher_parve', 'kosher, parve'), ('kosher_passover', 'kosher for Passover')], max_length=20), blank=True, default=list, size=None, verbose_name='dietary tags')),
                        ('allergens', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('milk', 'milk'), ('eggs', 'eggs'), ('gluten', 'gluten'), ('soy', 'soy'), ('nuts', 'nuts'), ('peanuts', 'peanuts'), ('sesame', 'sesame'), ('fish', 'fish'), ('mustard', 'mustard'), ('celery', 'celery'), ('sulphites', 'sulphites'), ('lupin', 'lupin')], max_length=20), blank=True, default=list, size=None, verbose_name='allergens')),
                        ('bin', models.CharField(blank=True, default='', help_text='Sorted as text it gives the walk through the warehouse, e.g. A03-2-14.', max_length=20, verbose_name='shelf place')),
                        ('icon', models.CharField(blank=True, default='', max_length=30, verbose_name='picture')),
                        ('garnish', models.CharField(blank=True, default='', max_length=30, verbose_name='garnish')),
                        ('accent', models.CharField(blank=True, default='', max_length=12, verbose_name='accent')),
                        ('image', models.ImageField(blank=True, null=True, upload_to='products/', verbose_name='photograph')),
                        ('price_controlled', models.BooleanField(default=False, verbose_name='price controlled')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('updated_at', models.DateTimeField(auto_now=True)),
                        ('brand', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='products', to='catalog.brand', verbose_name='brand')),
                        ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='catalog.category', verbose_name='category')),
                        ('vat_class', models.ForeignKey(default='STANDARD', on_delete=django.db.models.deletion.PROTECT, to='catalog.vatclass', verbose_name='VAT class')),
                        ('gtin14', models.CharField(editable=False, max_length=14, null=True)),
                        ('key_he', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name_he'), models.Value('he'), function='name_key'), output_field=models.TextField(db_collation='C'))),
                        ('key_en', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name_en'), models.Value('en'), function='name_key'), output_field=models.TextField(db_collation='C'))),
                        ('deposit', models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), help_text='₪ for each unit, e.g. 1.80 for six cans; comes on top of the price.', max_digits=7, verbose_name='deposit')),
                    ],
                    options={
                        'verbose_name': 'product',
                        'verbose_name_plural': 'products',
                        'ordering': ['id'],
                        'indexes': [models.Index(fields=['category', 'is_active'], name='product_category'), models.Index(fields=['price', 'id'], name='product_price'), models.Index(fields=['unit_price', 'id'], name='product_unit_price'), models.Index(fields=['-created_at', '-id'], name='product_newest'), models.Index(condition=models.Q(('is_active', True)), fields=['brand'], name='product_brand_active'), models.Index(condition=models.Q(('is_active', True), ('old_price__isnull', False)), fields=['id'], name='product_on_sale'), django.contrib.postgres.indexes.GinIndex(fields=['dietary_tags'], name='product_tags'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('name_he'), 'gin_trgm_ops'), name='product_name_he_part'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('name_en'), 'gin_trgm_ops'), name='product_name_en_part'), models.Index(fields=['key_he'], name='product_key_he'), models.Index(fields=['key_en'], name='product_key_en'), models.Index(fields=['old_price', '-created_at', '-id'], name='product_featured'), models.Index(models.OrderBy(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('old_price'), '-', models.F('price')), '/', models.F('old_price')), descending=True), models.OrderBy(models.F('id')), condition=models.Q(('is_active', True), ('old_price__isnull', False)), name='product_saving')],
                        'constraints': [models.UniqueConstraint(fields=('barcode',), name='product_barcode_unique'), models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='product_price_positive'), models.CheckConstraint(condition=models.Q(('old_price__isnull', True), ('old_price__gt', models.F('price')), _connector='OR'), name='product_old_price_higher'), models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='product_size_positive'), models.CheckConstraint(condition=models.Q(('quantity_step__gt', 0)), name='product_step_positive'), models.CheckConstraint(condition=models.Q(('sold_by', 'WEIGHT'), models.Q(('quantity_step', 1), ('sold_by', 'UNIT')), _connector='OR'), name='product_unit_step_is_one'), models.UniqueConstraint(fields=('gtin14',), name='product_gtin14_unique'), models.CheckConstraint(condition=models.Q(('gtin14__isnull', True), models.Q(('barcode__isnull', False), ('gtin14', django.db.models.functions.text.LPad('barcode', 14, models.Value('0')))), _connector='OR'), name='product_gtin14_is_barcode'), models.UniqueConstraint(django.db.models.functions.text.Upper('sku'), name='product_sku_unique'), models.CheckConstraint(condition=models.Q(('deposit', 0), models.Q(('deposit__gt', 0), ('sold_by', 'UNIT')), _connector='OR'), name='product_deposit_of_units')],
                    },
                ),
                migrations.CreateModel(
                    name='PriceHistory',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('price', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='price')),
                        ('old_price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='earlier price')),
                        ('valid_from', models.DateTimeField(verbose_name='from')),
                        ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='catalog.product')),
                    ],
                    options={
                        'verbose_name': 'price',
                        'verbose_name_plural': 'price history',
                        'ordering': ['-valid_from', '-id'],
                        'indexes': [models.Index(fields=['product', '-valid_from'], name='price_history_product')],
                        'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b78282c61ba8fca27efbe19b91c81c8ce23821b0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c5b06', table='catalog_pricehistory', when='BEFORE')), pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; END IF; RETURN NULL;", hash='fa847b397073bd413acb5e90abfdc32e4e9b1a17', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_1334a', table='catalog_pricehistory', when='BEFORE'))],
                    },
                ),
                migrations.CreateModel(
                    name='VatRate',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('rate', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='percent')),
                        ('valid_from', models.DateField(verbose_name='from')),
                        ('vat_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='catalog.vatclass')),
                    ],
                    options={
                        'verbose_name': 'VAT rate',
                        'verbose_name_plural': 'VAT rates',
                        'ordering': ['vat_class', '-valid_from'],
                        'constraints': [models.UniqueConstraint(fields=('vat_class', 'valid_from'), name='vat_rate_unique'), models.CheckConstraint(condition=models.Q(('rate__range', (0, 100))), name='vat_rate_percent')],
                    },
                ),
                migrations.CreateModel(
                    name='WishlistItem',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.product')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='wishlist', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['-created_at', '-id'],
                        'constraints': [models.UniqueConstraint(fields=('user', 'product'), name='wishlist_item_unique')],
                    },
                ),
            ],
        ),
        # Used once, so that the first change moves it on.
        migrations.RunSQL(
            sql=['CREATE SEQUENCE catalog_version', "SELECT nextval('catalog_version')"],
            reverse_sql='DROP SEQUENCE catalog_version',
        ),
        migrations.RunPython(load_vat, migrations.RunPython.noop),
    ]

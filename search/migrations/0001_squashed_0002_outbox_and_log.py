import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from core.squashed_migrations import Together


class Migration(migrations.Migration):

    replaces = [
        ('search', '0001_initial'),
        ('search', '0002_outbox_and_log'),
    ]

    initial = True

    dependencies = [
        ('catalog', '0011_no_search_vector'),
    ]

    operations = [
        Together(
            operations=[
                migrations.CreateModel(
                    name='SearchDocument',
                    fields=[
                        ('product', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search_document', serialize=False, to='catalog.product')),
                        ('words', django.contrib.postgres.search.SearchVectorField()),
                        ('heads', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                        ('flavours', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                        ('quantities', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                        ('popularity', models.PositiveSmallIntegerField(default=0)),
                        ('version', models.BigIntegerField(default=1)),
                    ],
                    options={
                        'verbose_name': 'search document',
                        'verbose_name_plural': 'search documents',
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='search_document_words'), django.contrib.postgres.indexes.GinIndex(fields=['quantities'], name='search_document_quantities')],
                    },
                ),
                migrations.CreateModel(
                    name='SearchRule',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('SAME', 'the same thing'), ('INSTEAD', 'show this instead'), ('NOT_SOLD', 'not sold here'), ('GUIDE', 'a question or an occasion'), ('PHRASE', 'several words, one thing')], max_length=10, verbose_name='kind')),
                        ('replacement', models.CharField(blank=True, max_length=100, verbose_name='show instead')),
                        ('source', models.CharField(choices=[('SEED', 'came with the shop'), ('MANAGER', 'a manager')], default='MANAGER', max_length=10, verbose_name='source')),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                        ('categories', models.ManyToManyField(blank=True, related_name='+', to='catalog.category', verbose_name='shelves')),
                    ],
                    options={
                        'verbose_name': 'search rule',
                        'verbose_name_plural': 'search rules',
                        'ordering': ['kind', 'id'],
                    },
                ),
                migrations.CreateModel(
                    name='SearchRuleWord',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('text', models.CharField(max_length=60, verbose_name='as written')),
                        ('key', models.CharField(max_length=80, verbose_name='as compared')),
                        ('is_active', models.BooleanField(default=True)),
                        ('position', models.PositiveSmallIntegerField(default=0)),
                        ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='words', to='search.searchrule')),
                    ],
                    options={
                        'verbose_name': 'word of a search rule',
                        'verbose_name_plural': 'words of search rules',
                        'ordering': ['position', 'id'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('key',), name='search_rule_word_once')],
                    },
                ),
                migrations.CreateModel(
                    name='SearchWord',
                    fields=[
                        ('word', models.CharField(max_length=60, primary_key=True, serialize=False)),
                        ('products', models.PositiveIntegerField(default=1)),
                        ('heads', models.PositiveIntegerField(default=0)),
                        ('category', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.category')),
                    ],
                    options={
                        'verbose_name': 'word of the labels',
                        'verbose_name_plural': 'words of the labels',
                        'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('word', 'gin_trgm_ops'), name='search_word_alike')],
                    },
                ),
                migrations.CreateModel(
                    name='SearchChange',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('product_id', models.BigIntegerField()),
                        ('tries', models.PositiveSmallIntegerField(default=0)),
                        ('refused', models.CharField(blank=True, default='', max_length=200)),
                        ('claimed_until', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'verbose_name': 'change to index',
                        'verbose_name_plural': 'changes to index',
                    },
                ),
                migrations.CreateModel(
                    name='SearchDismissal',
                    fields=[
                        ('text', models.CharField(max_length=60, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'verbose_name': 'dismissed text',
                        'verbose_name_plural': 'dismissed texts',
                    },
                ),
                migrations.CreateModel(
                    name='SearchGeneration',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('index', models.CharField(max_length=100, unique=True)),
                        ('state', models.CharField(choices=[('BUILDING', 'being filled'), ('LIVE', 'asked'), ('KEPT', 'kept for a way back')], default='BUILDING', max_length=10)),
                        ('schema', models.PositiveIntegerField()),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        'verbose_name': 'index',
                        'verbose_name_plural': 'indexes',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'LIVE')), fields=('state',), name='search_one_live_index')],
                    },
                ),
                migrations.CreateModel(
                    name='SearchQueryLog',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField()),
                        ('text', models.CharField(max_length=60, verbose_name='text')),
                        ('key', models.CharField(max_length=80)),
                        ('language', models.CharField(max_length=2, verbose_name='language')),
                        ('searches', models.PositiveIntegerField(default=1, verbose_name='searches')),
                        ('results', models.PositiveIntegerField(default=0, verbose_name='found')),
                        ('status', models.CharField(max_length=10, verbose_name='what became of it')),
                        ('last_at', models.DateTimeField(verbose_name='last')),
                    ],
                    options={
                        'verbose_name': 'text that people searched for',
                        'verbose_name_plural': 'texts that people searched for',
                        'indexes': [models.Index(fields=['text'], name='search_query_log_text')],
                        'constraints': [models.UniqueConstraint(fields=('day', 'text', 'language'), name='search_query_log_once_a_day')],
                    },
                ),
            ],
        ),
    ]

"""What people searched for as one row a text, kept by triggers: the office's list folds no days."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0007_texts_by_their_end'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('text', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=80)),
                ('language', models.CharField(max_length=2)),
                ('searches', models.IntegerField()),
                ('results', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('NOT_SOLD', 'not sold here'), ('NOTHING', 'nothing found'), ('GUIDE', 'shelves that fit'), ('INSTEAD', 'something like it'), ('CORRECTED', 'corrected'), ('LOOSENED', 'some words left out'), ('FOUND', 'found')], max_length=10)),
                ('since', models.DateField()),
                ('last_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'text that people searched for',
                'verbose_name_plural': 'texts that people searched for',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='searchquerylog',
            trigger=pgtrigger.compiler.Trigger(name='adds_to_text', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nINSERT INTO search_searchtext AS t (text, key, language, searches, results, status, since, last_at)\nVALUES (NEW.text, NEW.key, NEW.language, NEW.searches - 0, NEW.results, NEW.status, NEW.day, NEW.last_at)\nON CONFLICT (text) DO UPDATE SET\n       searches = t.searches + EXCLUDED.searches, since = least(t.since, EXCLUDED.since),\n       (key, language, results, status, last_at) = (\n           SELECT EXCLUDED.key, EXCLUDED.language, EXCLUDED.results, EXCLUDED.status, EXCLUDED.last_at\n            WHERE EXCLUDED.last_at >= t.last_at\n            UNION ALL SELECT t.key, t.language, t.results, t.status, t.last_at\n            WHERE EXCLUDED.last_at < t.last_at);\nRETURN NULL;\n', hash='bd7d4229dfc28dcc70c89d585677abb4ee834033', operation='INSERT', pgid='pgtrigger_adds_to_text_ea9cf', table='search_searchquerylog', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='searchquerylog',
            trigger=pgtrigger.compiler.Trigger(name='adds_more_to_text', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nINSERT INTO search_searchtext AS t (text, key, language, searches, results, status, since, last_at)\nVALUES (NEW.text, NEW.key, NEW.language, NEW.searches - OLD.searches, NEW.results, NEW.status, NEW.day, NEW.last_at)\nON CONFLICT (text) DO UPDATE SET\n       searches = t.searches + EXCLUDED.searches, since = least(t.since, EXCLUDED.since),\n       (key, language, results, status, last_at) = (\n           SELECT EXCLUDED.key, EXCLUDED.language, EXCLUDED.results, EXCLUDED.status, EXCLUDED.last_at\n            WHERE EXCLUDED.last_at >= t.last_at\n            UNION ALL SELECT t.key, t.language, t.results, t.status, t.last_at\n            WHERE EXCLUDED.last_at < t.last_at);\nRETURN NULL;\n', hash='13dd048dd025811f5a18dfc89626c23ed99e8bba', operation='UPDATE', pgid='pgtrigger_adds_more_to_text_9490d', table='search_searchquerylog', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='searchquerylog',
            trigger=pgtrigger.compiler.Trigger(name='counts_text_anew', sql=pgtrigger.compiler.UpsertTriggerSql(func='\nDELETE FROM search_searchtext WHERE text = OLD.text;\nINSERT INTO search_searchtext (text, key, language, searches, results, status, since, last_at)\nSELECT DISTINCT ON (text) text, key, language, sum(searches) OVER every, results, status,\n       min(day) OVER every, last_at\n  FROM search_searchquerylog WHERE text = OLD.text WINDOW every AS (PARTITION BY text)\n ORDER BY text, last_at DESC, id DESC;\nRETURN NULL;\n', hash='157facf46b8370ea0f7e7bcac8d2fd9411d7cde3', operation='DELETE', pgid='pgtrigger_counts_text_anew_53c4a', table='search_searchquerylog', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='searchtext',
            index=models.Index(fields=['-searches', 'text'], name='search_text_often'),
        ),
        migrations.AddIndex(
            model_name='searchtext',
            index=models.Index(fields=['status', '-searches', 'text'], name='search_text_ended'),
        ),
        migrations.AddIndex(
            model_name='searchtext',
            index=models.Index(condition=models.Q(('status__in', ('NOTHING', 'CORRECTED', 'LOOSENED'))), fields=['-searches', 'text'], name='search_text_missed'),
        ),
    ]

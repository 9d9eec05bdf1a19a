"""Texts that were searched for before the triggers came, in batches, so that no search is written late."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import connection, migrations, transaction

BATCH = 5000
LAST = """
SELECT max(text) FROM (
    SELECT DISTINCT text FROM search_searchquerylog WHERE text > %s ORDER BY text LIMIT %s) AS batch
"""
# Nobody adds to a text meanwhile: what was added before is counted here, what comes later on top.
LOCK = "LOCK TABLE search_searchquerylog IN SHARE ROW EXCLUSIVE MODE"
FORGET = "DELETE FROM search_searchtext WHERE text > %s AND text <= %s"
COUNT = """
INSERT INTO search_searchtext (text, key, language, searches, results, status, since, last_at)
SELECT DISTINCT ON (text) text, key, language, sum(searches) OVER every, results, status,
       min(day) OVER every, last_at
  FROM search_searchquerylog WHERE text > %s AND text <= %s WINDOW every AS (PARTITION BY text)
 ORDER BY text, last_at DESC, id DESC
"""


def count(apps, schema_editor):
    begin = ""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(LAST, [begin, BATCH])
            (end,) = cursor.fetchone()
            if end is None:
                return
            with transaction.atomic():
                cursor.execute(LOCK)
                cursor.execute(FORGET, [begin, end])
                cursor.execute(COUNT, [begin, end])
            begin = end


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('search', '0008_searched_texts'),
    ]

    operations = [
        migrations.RunPython(count, migrations.RunPython.noop),
        # Nobody asks any more which texts of a day ended how.
        RemoveIndexConcurrently(model_name='searchquerylog', name='search_query_log_ended'),
    ]

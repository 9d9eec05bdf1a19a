from django.db import migrations


class Migration(migrations.Migration):
    """The office counts and lists jobs that failed; finished ones are kept beside them for a while."""

    atomic = False  # made beside the running shop

    dependencies = [
        ('ops', '0001_pick_answers'),
        ('procrastinate', '0041_post_retry_failed_job'),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS procrastinate_jobs_failed"
            " ON procrastinate_jobs (id) WHERE status = 'failed'",
            "DROP INDEX CONCURRENTLY IF EXISTS procrastinate_jobs_failed",
        ),
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS procrastinate_jobs_unfinished"
            " ON procrastinate_jobs (id) WHERE status <> 'succeeded'",
            "DROP INDEX CONCURRENTLY IF EXISTS procrastinate_jobs_unfinished",
        ),
    ]

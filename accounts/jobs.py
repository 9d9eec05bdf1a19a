"""What the worker does for accounts."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts import services
from accounts.services.exporting import EXPORT_TASK
from core import clock


@app.task(name=EXPORT_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def prepare_export(export_id: int) -> bool:
    """Make the copy of a person's data that was asked for."""
    return services.prepare_export(export_id=export_id, now=clock.now())


@app.periodic(cron="23 * * * *")
@app.task(name="accounts.expire_exports", queueing_lock="accounts.expire_exports")
def expire_exports(timestamp: int) -> int:
    """Remove copies kept for a week."""
    return services.expire_exports(now=clock.now())


@app.periodic(cron="37 3 * * *")
@app.task(name="accounts.forget_old_keys", queueing_lock="accounts.forget_old_keys")
def forget_old_keys(timestamp: int) -> int:
    """Remove what opens nothing any more: sessions, tokens, links, devices. The number of rows."""
    return services.forget_old_keys(now=clock.now())

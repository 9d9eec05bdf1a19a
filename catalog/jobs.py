"""What the catalogue does at night."""

from __future__ import annotations

from procrastinate.contrib.django import app

from catalog import services
from core import clock


@app.periodic(cron="50 3 * * *")
@app.task(name="catalog.sweep_pictures", queueing_lock="catalog.sweep_pictures", pass_context=False)
def sweep_pictures(timestamp: int) -> int:
    """Remove the files of photographs that no product has any more."""
    return services.sweep_pictures(now=clock.now())

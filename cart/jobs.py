"""What the worker does for baskets."""

from __future__ import annotations

from procrastinate.contrib.django import app

from cart import services
from core import clock


@app.periodic(cron="15 3 * * *")
@app.task(name="cart.abandon_stale", queueing_lock="cart.abandon_stale", pass_context=False)
def abandon_stale(timestamp: int) -> None:
    """Put aside baskets that were left long ago."""
    while services.abandon_stale(now=clock.now(), limit=500):
        pass

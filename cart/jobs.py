"""What the worker does for baskets."""

from __future__ import annotations

from procrastinate.contrib.django import app

from cart import services
from mami import clock


@app.periodic(cron="*/5 * * * *")
@app.task(name="cart.forget_holds", queueing_lock="cart.forget_holds", pass_context=False)
def forget_holds(timestamp: int) -> None:
    """Tidy away delivery windows whose hour is over."""
    services.forget_holds(now=clock.now())


@app.periodic(cron="15 3 * * *")
@app.task(name="cart.abandon_stale", queueing_lock="cart.abandon_stale", pass_context=False)
def abandon_stale(timestamp: int) -> None:
    """Put aside baskets that were left long ago."""
    while services.abandon_stale(now=clock.now(), limit=500):
        pass

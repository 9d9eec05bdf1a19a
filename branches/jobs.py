"""What the worker does for delivery windows."""

from __future__ import annotations

from procrastinate.contrib.django import app

from branches import services
from core import clock


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="branches.forget_holds",
    queueing_lock="branches.forget_holds",
    aliases=["cart.forget_holds"],
)
def forget_holds(timestamp: int) -> None:
    """Tidy away kept places whose hour is over."""
    services.forget_holds(now=clock.now())

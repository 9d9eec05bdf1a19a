"""What the worker does for those who wait."""

from __future__ import annotations

from procrastinate.contrib.django import app

from core import clock
from waiting import services


@app.periodic(cron="* * * * *")
@app.task(name="waiting.offer_all", queueing_lock="waiting.offer_all")
def offer_all(timestamp: int) -> int:
    """Every minute: end offers that nobody took, offer what came free meanwhile."""
    return services.offer_all(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="waiting.tell_waves", queueing_lock="waiting.tell_waves")
def tell_waves(timestamp: int) -> int:
    """Every minute: tell who waits for a product that is back."""
    return services.tell_waves(now=clock.now())


@app.task(name="waiting.offer_places")
def offer_places(dated_slot_id: int) -> int:
    """Offer the places of one window that gave one back."""
    return services.offer_places(dated_slot_id=dated_slot_id, now=clock.now())


def look_soon(dated_slot_id: int) -> None:
    """A row in the job table, in the transaction that gave a place back."""
    task = app.configure_task("waiting.offer_places", lock=f"waiting:{dated_slot_id}")
    task.defer(dated_slot_id=dated_slot_id)

"""The background side of payments: whatever was asked of the provider gets finished."""

from __future__ import annotations

from procrastinate.contrib.django import app

from mami import clock
from payments import services


@app.periodic(cron="* * * * * */10")
@app.task(name="payments.perform_open_calls", queueing_lock="payments.perform_open_calls")
def perform_open_calls(timestamp: int) -> int:
    """Perform captures, voids and refunds that are due; look after unanswered authorisations."""
    return services.perform_open_calls(now=clock.now())

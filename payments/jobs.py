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


@app.periodic(cron="* * * * * */10")
@app.task(name="payments.settle_events", queueing_lock="payments.settle_events")
def settle_events(timestamp: int) -> int:
    """Look at the payments that a provider sent news of."""
    return services.settle_events(now=clock.now())


@app.periodic(cron="7 */6 * * *")
@app.task(name="payments.sync_open_payments", queueing_lock="payments.sync_open_payments")
def sync_open_payments(timestamp: int) -> int:
    """Four times a day: ask about all money that is still held, in case news got lost."""
    return services.sync_open_payments(now=clock.now())

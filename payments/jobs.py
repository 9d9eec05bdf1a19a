"""The background side of payments: whatever was asked of the provider gets finished."""

from __future__ import annotations

import datetime as dt

from procrastinate.contrib.django import app

from core import clock
from core.clock import shop_date
from payments import services
from payments.providers import ADAPTERS, active_name
from payments.services import payouts


@app.periodic(cron="* * * * * */10")
@app.task(name="payments.perform_open_calls", queueing_lock="payments.perform_open_calls")
def perform_open_calls(timestamp: int) -> int:
    """Perform captures, voids and refunds that are due; look after unanswered authorisations."""
    return services.perform_open_calls(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(
    name="payments.handle_events",
    queueing_lock="payments.handle_events",
    aliases=["payments.settle_events"],
)
def handle_events(timestamp: int) -> int:
    """Look at the payments that a provider sent news of."""
    return services.handle_events(now=clock.now())


@app.periodic(cron="7 */6 * * *")
@app.task(name="payments.sync_open_payments", queueing_lock="payments.sync_open_payments")
def sync_open_payments(timestamp: int) -> int:
    """Four times a day: ask about all money that is still held, in case news got lost."""
    return services.sync_open_payments(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="payments.follow_disputes", queueing_lock="payments.follow_disputes")
def follow_disputes(timestamp: int) -> int:
    """Tell what was answered; where the provider sends no news, ask what is contested."""
    now = clock.now()
    told = services.tell_open(now=now)
    return told + (services.sync_disputes(now=now) if active_name() == "sandbox" else 0)


@app.periodic(cron="17 */6 * * *")
@app.task(name="payments.sync_disputes", queueing_lock="payments.sync_disputes")
def sync_disputes(timestamp: int) -> int:
    """Four times a day: ask every provider what is contested, in case news got lost."""
    return services.sync_disputes(now=clock.now(), everything=True)


@app.periodic(cron="37 3 * * *")
@app.task(name="payments.sync_payouts", queueing_lock="payments.sync_payouts")
def sync_payouts(timestamp: int) -> int:
    """Once a night: the providers' accounts of the last three days."""
    today = shop_date(clock.now())
    days = [today - dt.timedelta(days=back) for back in range(1, 4)]
    return sum(payouts.sync_payouts(date=day, names=ADAPTERS) for day in days)

"""What the worker does for orders without being asked."""

from __future__ import annotations

from procrastinate.contrib.django import app

from core import clock
from orders import popularity, services


@app.periodic(cron="* * * * * */10")
@app.task(
    name="orders.hold_scheduled",
    queueing_lock="orders.hold_scheduled",
    lock="orders.hold_scheduled",
)
def hold_scheduled(timestamp: int) -> int:
    """Every ten seconds: hold what is due, renew what runs out, ask whoever has to pay, and cancel
    what nobody paid in time."""
    return services.keep_held(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(
    name="orders.finish_leaving",
    queueing_lock="orders.finish_leaving",
    lock="orders.finish_leaving",
)
def finish_leaving(timestamp: int) -> int:
    """Every ten seconds: move orders whose charge was answered after its caller had gone."""
    return services.finish_leaving(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="orders.follow_calls", queueing_lock="orders.follow_calls")
def follow_calls(timestamp: int) -> int:
    """Charged lines, papers and refused refunds of calls that nobody followed yet."""
    return services.follow_calls(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="orders.expire_questions", queueing_lock="orders.expire_questions")
def expire_questions(timestamp: int) -> int:
    """Every ten seconds: close questions to customers whose time is over."""
    return services.expire_questions(now=clock.now())


@app.periodic(cron="30 3 * * *")
@app.task(name="orders.tell_popularity", queueing_lock="orders.tell_popularity")
def tell_popularity(timestamp: int) -> int:
    """At night: tell search what many customers buy."""
    return popularity.tell_popularity(now=clock.now())

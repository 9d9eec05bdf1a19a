"""What the worker does for checkout without being asked."""

from __future__ import annotations

from procrastinate.contrib.django import app

from checkout import keys
from checkout.services import recover
from mami import clock


@app.periodic(cron="* * * * * */10")
@app.task(name="checkout.recover", queueing_lock="checkout.recover", lock="checkout.recover")
def recover_open(timestamp: int) -> None:
    """Every ten seconds: settle what stayed between reserve and commit."""
    recover(now=clock.now())


@app.periodic(cron="17 * * * *")
@app.task(name="checkout.clean_up_keys", queueing_lock="checkout.clean_up_keys")
def clean_up_keys(timestamp: int) -> None:
    """Every hour: forget idempotency keys that are older than a day."""
    while keys.clean_up(now=clock.now()):
        pass

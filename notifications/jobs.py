"""The background side of messages."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from core import clock
from notifications import services
from notifications.errors import MailNotSent

AGAIN = RetryStrategy(
    max_attempts=services.MOST_ATTEMPTS, exponential_wait=4, retry_exceptions={MailNotSent}
)


@app.task(name="notifications.deliver", retry=AGAIN)
def deliver(dedupe_key: str) -> bool:
    """Send one owed message."""
    return services.deliver(dedupe_key=dedupe_key, now=clock.now())


@app.task(name="notifications.send_phone_code", retry=AGAIN)
def send_phone_code(code_id: int) -> bool:
    """Send the code that proves a phone."""
    return services.send_phone_code(code_id=code_id, now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="notifications.sweep", queueing_lock="notifications.sweep")
def sweep(timestamp: int) -> int:
    """Find messages whose job was lost."""
    return services.sweep(now=clock.now())

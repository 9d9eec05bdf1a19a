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


@app.task(
    name="notifications.send_enquiry", retry=RetryStrategy(max_attempts=8, exponential_wait=4)
)
def send_enquiry(enquiry_id: int) -> bool:
    """Hand what somebody asked to the shop's mailbox."""
    return services.send_enquiry(enquiry_id=enquiry_id, now=clock.now())


@app.periodic(cron="11 4 * * *")
@app.task(name="notifications.forget_enquiries", queueing_lock="notifications.forget_enquiries")
def forget_enquiries(timestamp: int) -> int:
    """Remove what was asked half a year ago."""
    return services.forget_enquiries(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="notifications.sweep", queueing_lock="notifications.sweep")
def sweep(timestamp: int) -> int:
    """Find messages whose job was lost."""
    return services.sweep(now=clock.now())

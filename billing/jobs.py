"""The background side of papers: every issued one gets its pages."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing import services
from core import clock

AGAIN = RetryStrategy(max_attempts=5, exponential_wait=3)


@app.task(name="billing.draw_document", retry=AGAIN)
def draw_document(document_id: int) -> None:
    """Draw one issued paper in both languages."""
    services.draw_document(document_id=document_id, now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="billing.draw_waiting", queueing_lock="billing.draw_waiting")
def draw_waiting(timestamp: int) -> int:
    """Find papers whose job was lost."""
    return services.draw_waiting(now=clock.now())


@app.periodic(cron="23 4 * * *")
@app.task(name="billing.draw_all", queueing_lock="billing.draw_all")
def draw_all(timestamp: int) -> int:
    """Once a night: whatever was never drawn, however old."""
    return services.draw_waiting(now=clock.now(), everything=True, limit=10_000)


@app.periodic(cron="41 4 * * *")
@app.task(name="papers.forget", queueing_lock="papers.forget")
def forget(timestamp: int) -> int:
    """Once a night: papers whose archive time is over go."""
    return services.forget(now=clock.now())

"""The background side of stock: long files of counts."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from inventory import services
from mami import clock
from mami.errors import Busy

AGAIN = RetryStrategy(max_attempts=5, linear_wait=5, retry_exceptions={Busy})


@app.task(name="inventory.check_counts", retry=AGAIN)
def check_counts(import_id: int) -> None:
    """Look at an uploaded file."""
    services.check_counts(import_id=import_id)


@app.task(name="inventory.apply_counts", retry=AGAIN)
def apply_counts(import_id: int) -> None:
    """Apply a file that a manager has let through."""
    services.apply_counts(import_id=import_id, now=clock.now())

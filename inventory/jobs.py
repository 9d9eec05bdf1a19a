"""The background side of stock: long files of counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from core import clock
from core.errors import Busy
from inventory import services

AGAIN = RetryStrategy(
    max_attempts=5, linear_wait=5, retry_exceptions={Busy, OperationalError, InterfaceError}
)


@app.task(name="inventory.check_counts", retry=AGAIN, pass_context=True)
def check_counts(context: JobContext, import_id: int) -> None:
    """Look at an uploaded file."""
    with _ended_in_any_case(context, import_id):
        services.check_counts(import_id=import_id)


@app.task(name="inventory.apply_counts", retry=AGAIN, pass_context=True)
def apply_counts(context: JobContext, import_id: int) -> None:
    """Apply a file that a manager has let through."""
    with _ended_in_any_case(context, import_id):
        services.apply_counts(import_id=import_id, now=clock.now())


@contextmanager
def _ended_in_any_case(context: JobContext, import_id: int) -> Iterator[None]:
    """A job that breaks and is not tried again leaves no file that is "being checked" for ever."""
    try:
        yield
    except Exception as error:
        if AGAIN.get_retry_decision(exception=error, job=context.job) is None:
            services.give_up(import_id=import_id, now=clock.now())
        raise

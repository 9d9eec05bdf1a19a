"""What the worker does for checkout without being asked."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from checkout import books, idempotency
from checkout.models import BooksCheck
from checkout.services import recover, recover_changes
from core import clock

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * * */10")
@app.task(name="checkout.recover", queueing_lock="checkout.recover", lock="checkout.recover")
def recover_open(timestamp: int) -> None:
    """Every ten seconds: settle what stayed between reserve and commit."""
    recover(now=clock.now())
    recover_changes(now=clock.now())


@app.periodic(cron="17 * * * *")
@app.task(name="checkout.clean_up_keys", queueing_lock="checkout.clean_up_keys")
def clean_up_keys(timestamp: int) -> None:
    """Every hour: forget idempotency keys that are older than a day."""
    while idempotency.clean_up(now=clock.now()):
        pass


@app.periodic(cron="40 2 * * *")
@app.task(name="checkout.check_books", queueing_lock="checkout.check_books")
def check_books(timestamp: int) -> int:
    """Every night: prove that the books balance; what does not goes to the log as an error.

    The number of rules that are broken.
    """
    return _check(None)


@app.task(name="checkout.check_books_again")
def check_books_again(check_id: int) -> int:
    """When the office asks: the same about the moment it named. The number of rules that are broken."""
    row = BooksCheck.objects.filter(pk=check_id, judged_at__isnull=True).first()
    return 0 if row is None else _check(row)


def _check(row: BooksCheck | None) -> int:
    broken = [verdict for verdict in books.check(row=row) if not verdict.is_kept]
    for verdict in broken:
        log.error(
            "books_do_not_balance",
            rule=verdict.rule.name,
            findings=[finding.what for finding in verdict.findings[:20]],
        )
    return len(broken)

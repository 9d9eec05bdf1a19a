"""The order that a page is asked for by its number: one's own, and guessing is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import NotFound
from core.limits import count_unknown_number
from core.typed_requests import PersonRequest
from orders.models import Order
from orders.selectors import order_by_number


@contextmanager
def guesses_counted(request: PersonRequest) -> Iterator[None]:
    """Count a number that is not found. Raises RateLimited (who guesses), else NotFound as before."""
    try:
        yield
    except NotFound:
        count_unknown_number(request)
        raise


def asked_order(request: PersonRequest, number: str) -> Order:
    """One of the person's orders by its number; an admin reads anybody's. Raises NotFound, RateLimited."""
    with guesses_counted(request):
        return order_by_number(actor=request.user, number=number)


def own_order(request: PersonRequest, number: str) -> Order:
    """`asked_order` of whoever bought it, an admin's look excluded."""
    order = asked_order(request, number)
    if order.user_id != request.user.pk:
        raise NotFound
    return order

"""Telling those who wait for a product that it is back, as many at a time as there is of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import structlog
from django.db.models import Max

from branches.selectors import delivery_source
from cart.selectors import is_sold
from catalog.models import Product
from core.errors import DomainError
from core.transactions import write_transaction
from inventory.selectors import availability
from waiting.locks import lock_line_of_product
from waiting.models import OPEN, State, WaitingEntry
from waiting.night import is_night
from waiting.services.joining import close, tell_trail
from waiting.services.offers import tell

log = structlog.get_logger(__name__)
WAVE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(days=60)


def tell_waves(*, now: dt.datetime) -> int:
    """Look at every product somebody waits for; how many people were told."""
    keys = WaitingEntry.objects.filter(state__in=OPEN, product__isnull=False)
    wanted = sorted({key for key in keys.values_list("product_id", flat=True) if key})
    if not wanted:
        return 0
    there = availability(branch_id=delivery_source().pk, product_ids=wanted)
    products = Product.objects.select_related("category").in_bulk(wanted)
    told = 0
    for key in wanted:
        try:
            told += tell_wave(product=products[key], available=there.get(key, Decimal(0)), now=now)
        except DomainError as refusal:  # the others shall be told all the same
            log.warning("wave_not_told", product_id=key, code=refusal.code)
    return told


def tell_wave(*, product: Product, available: Decimal, now: dt.datetime) -> int:
    """Tell the first in line, one for each step that is there; the next ones half an hour later.

    Nothing is kept. Who was told and it is sold out again goes on waiting, at the same place of the
    line: told once for each time it comes back. An entry ends after sixty days. Raises Busy.
    """
    steps = int(available // product.quantity_step) if is_sold(product) else 0
    with write_transaction():
        line = lock_line_of_product(product_id=product.pk)
        for entry in line:
            if entry.created_at <= now - LONGEST:
                close(entry, State.ENDED, now)
            elif steps <= 0 and entry.state == State.OFFERED:
                _wait_on(entry)
        if steps <= 0 or is_night(now) or _was_lately(product, now):
            return 0
        first = [entry for entry in line if entry.state == State.WAITING][:steps]
        for entry in first:
            entry.state, entry.offered_at = State.OFFERED, now
            entry.save(update_fields=["state", "offered_at"])
            tell_trail(entry, State.WAITING)
            tell(entry)
    return len(first)


def _wait_on(entry: WaitingEntry) -> None:
    entry.state, entry.offered_at = State.WAITING, None
    entry.save(update_fields=["state", "offered_at"])
    tell_trail(entry, State.OFFERED)


def _was_lately(product: Product, now: dt.datetime) -> bool:
    """Whether the wave before has still its half hour; asked behind the lock of the line."""
    told = WaitingEntry.objects.filter(product=product).aggregate(at=Max("offered_at"))["at"]
    return told is not None and told > now - WAVE

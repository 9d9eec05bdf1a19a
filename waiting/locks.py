"""Row locks of waiting entries, behind the dated slot they wait for. The order: docs/locking.md."""

from __future__ import annotations

from core.transactions import require_transaction
from waiting.models import OPEN, WaitingEntry


def lock_entry(*, entry_id: int) -> WaitingEntry | None:
    require_transaction()
    return WaitingEntry.objects.select_for_update().filter(pk=entry_id).first()


def lock_line_of_window(*, dated_slot_id: int) -> list[WaitingEntry]:
    """The open entries for a locked window, in the order of the line; those held are left out."""
    require_transaction()
    rows = WaitingEntry.objects.select_for_update(skip_locked=True)
    return list(rows.filter(dated_slot_id=dated_slot_id, state__in=OPEN).order_by("pk"))


def lock_line_of_product(*, product_id: int) -> list[WaitingEntry]:
    """The open entries for a product, in the order of the line: two workers go one after the other."""
    require_transaction()
    rows = WaitingEntry.objects.select_for_update()
    return list(rows.filter(product_id=product_id, state__in=OPEN).order_by("pk"))


def lock_entries_of(*, user_id: int) -> list[WaitingEntry]:
    """All of a person's."""
    require_transaction()
    rows = WaitingEntry.objects.select_for_update()
    return list(rows.filter(user_id=user_id).order_by("pk"))

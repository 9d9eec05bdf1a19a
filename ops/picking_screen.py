"""What the picking screen is given: the line at hand, how to answer it, what to give instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import DomainError, NotFound
from core.numbers import is_plain
from ops import selectors
from ops.forms import REASONS
from ops.selectors import Picking, PickLine
from orders.models import Order, OrderStatus
from orders.selectors import asked_until
from orders.substitutes import SubstituteCandidate, substitute_candidates
from orders.tolerance import fine_range


@dataclass(frozen=True, kw_only=True)
class PickEntry:
    """What the thumb zone starts from: units found, or the weight and its tolerance in kg."""

    found: int
    weight: str
    low: Decimal
    high: Decimal
    reasons: Any
    undo: Any = None

    @property
    def less(self) -> int:
        return max(1, self.found - 1)

    @property
    def more(self) -> int:
        return self.found + 1


@dataclass(frozen=True, kw_only=True)
class Swap:
    """What could be given instead of a line, and what stands in the form (weights in kg)."""

    line: PickLine
    offers: list[SubstituteCandidate]
    choice: str
    low: Decimal
    high: Decimal
    product: str
    barcode: str
    quantity: str
    agreed: bool


def pick_context(
    *,
    number: str,
    actor: User,
    now: dt.datetime,
    item: object = None,
    found: object = None,
    answered: object = None,
    weight: str = "",
    scanned: bool = False,
    refusal: DomainError | str | None = None,
    swap: object = None,
    insist: bool = False,
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The picking screen at a line; `answered` is the line whose answer can be undone.

    With `swap` it shows what could be given instead of what is missing of that line: where there
    is something, or always (`insist`). `typed` is what stood in that form.
    """
    order = selectors.order_by_number(number=number)
    picking = selectors.picking(order=order, item_id=_whole(item))
    instead = _offered(picking, _whole(swap), typed or {}, insist=insist)
    last = _whole(answered)
    undo = next((line for line in picking.answered if line.item.pk == last), None)
    return {
        "order": order,
        "picking": picking,
        "mine": order.picker_id == actor.pk and order.status == OrderStatus.IN_PROGRESS,
        "minutes": int((order.due_at - now).total_seconds() // 60),
        "answer": _answer(picking.current, found, weight, undo),
        "scanned": scanned,
        "refusal": _told(refusal),
        "swap": instead,
        "asked_until": asked_until(item_id=instead.line.item.pk) if instead else None,
    }


def _offered(
    picking: Picking, item_id: int | None, typed: Mapping[str, str], *, insist: bool
) -> Swap | None:
    """What could be given for the line, which the screen then stands at; None: carry on picking."""
    if item_id is None:
        return None
    line = next((line for line in picking.lines if line.item.pk == item_id), None)
    if line is None:
        raise NotFound
    if not (insist or line.is_missing or line.is_short):
        return None
    swap = _swap(picking.order, line, typed)
    if not (insist or swap.offers):
        return None
    picking.current = line
    return swap


def may_swap(order: Order, actor: User) -> bool:
    """Who decides on substitutes: its picker; a manager while it waits with items missing."""
    if order.status == OrderStatus.MISSING:
        return actor.is_manager
    return order.status == OrderStatus.IN_PROGRESS


def _swap(order: Order, line: PickLine, typed: Mapping[str, str]) -> Swap:
    left = line.left
    low, high = fine_range(left)
    found = substitute_candidates(item=line.item, branch_id=order.branch_id)
    best = str(found[0].product.pk) if found else ""
    usual = "" if line.is_weighed else f"{left.normalize():f}"
    return Swap(
        line=line,
        offers=found,
        choice=line.item.substitution,
        low=low,
        high=high,
        product=typed.get("product", best),
        barcode=typed.get("barcode", ""),
        quantity=typed.get("quantity", usual),
        agreed=bool(typed.get("agreed")),
    )


def stored_screens(picking: Picking) -> list[dict[str, Any]]:
    """The screen of every line, which the device shows by itself while it has no network."""
    return [
        {
            "picking": Picking(order=picking.order, lines=[], current=line),
            "answer": _answer(line, None, "", None),
        }
        for line in picking.lines
    ]


def swaps_context(*, number: str, actor: User) -> dict[str, Any]:
    """The substitutes of every line still to pick, for its picker. One query for each such line."""
    order = selectors.order_by_number(number=number)
    mine = order.picker_id == actor.pk and order.status == OrderStatus.IN_PROGRESS
    lines = selectors.picking(order=order, item_id=None).pending if mine else []
    found = [_swap(order, line, {}) for line in lines]
    return {"order": order, "swaps": [swap for swap in found if swap.offers]}


def _answer(line: PickLine | None, found: object, weight: str, undo: Any) -> PickEntry:
    if line is None:
        return PickEntry(found=1, weight="", low=Decimal(0), high=Decimal(0), reasons=(), undo=undo)
    asked = line.item.quantity
    low, high = fine_range(asked)
    most = max(1, int(asked))
    wanted = _number(found)
    return PickEntry(
        found=min(most, max(1, int(wanted))) if wanted is not None else most,
        weight=weight,
        low=low,
        high=high,
        reasons=REASONS.items(),
        undo=undo,
    )


def _told(refusal: DomainError | str | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    if isinstance(refusal, str):
        return {"title": _("That did not work"), "text": refusal}
    title = getattr(refusal, "title", _("That did not work"))
    return {"title": title, "text": refusal_words(refusal)}


def refusal_words(refusal: DomainError) -> str:
    """What to tell about a refusal: the fields' own words before the general ones."""
    fields = refusal.details.get("fields", {})
    return " ".join(str(m) for texts in fields.values() for m in texts) or str(refusal.message)


def _whole(value: object) -> int | None:
    """A key from an address. Raises NotFound for anything else than a number."""
    if value in (None, ""):
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise NotFound
    return int(text)


def _number(value: object) -> Decimal | None:
    number = Decimal(str(value)) if is_plain(str(value)) else None
    return number if number is not None and abs(number) < 10_000 else None

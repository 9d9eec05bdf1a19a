"""Answering or accepting a contested charge, for a manager; crediting one that is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.money import ZERO
from core.transactions import write_transaction
from orders import apportionment, selectors
from orders.evidence import PARTS, evidence
from orders.locks import lock_items, lock_order
from orders.models import Order
from orders.services.following import issue_credit_note
from orders.services.refund_parts import RefundPart, left_of
from orders.status import refuse_own
from payments import services as payments
from payments.choices import DisputeStatus
from payments.disputes import DisputeRow, dispute, sent_copy
from payments.errors import DisputeClosed

MAX_TEXT = 5000


def disputed_order(*, actor: User, dispute_id: int) -> tuple[DisputeRow, Order]:
    """A dispute and its order. Raises PermissionRefused, NotFound."""
    if not actor.is_manager:
        raise PermissionRefused
    row = dispute(dispute_id=dispute_id)
    if row.order_id is None:
        raise NotFound
    return row, selectors.order_by_id(order_id=row.order_id)


def evidence_of(*, actor: User, dispute_id: int, language: str) -> bytes:
    """The shop's copy: what was handed in, before that what stands. Raises as `disputed_order`."""
    row, order = disputed_order(actor=actor, dispute_id=dispute_id)
    kept = sent_copy(dispute_id=row.id)
    if kept is not None:
        return kept
    return evidence(
        order=order, dispute=row, text="", include=PARTS, language=language, for_bank=False
    )


def answer_dispute(
    *,
    actor: User,
    dispute_id: int,
    text: str,
    include: Collection[str],
    language: str,
    now: dt.datetime,
) -> None:
    """Hand our side in: words, and one PDF of the `include`d parts.

    Raises PermissionRefused, NotFound, OwnOrder, InvalidInput, DisputeClosed, DocumentNotDrawn.
    """
    row, order = disputed_order(actor=actor, dispute_id=dispute_id)
    refuse_own(order, actor)
    wrong = {}
    if not 1 <= len(text.strip()) <= MAX_TEXT:
        wrong["text"] = [_("Between 1 and %(most)d characters.") % {"most": MAX_TEXT}]
    if not include or set(include) - set(PARTS):
        wrong["include"] = [_("Choose what goes with it.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    if row.status != DisputeStatus.OPEN:
        raise DisputeClosed(status=row.status)
    words = text.strip()
    bank, ours = (
        evidence(
            order=order, dispute=row, text=words, include=include, language=language, for_bank=whole
        )
        for whole in (True, False)
    )
    with write_transaction(durable=True):
        lock_order(order_id=order.pk)
        payments.wish_answer(
            actor=actor,
            dispute_id=row.id,
            text=words,
            included=sorted(set(include)),
            evidence=bank,
            copy=ours,
            now=now,
        )
    payments.tell_provider(dispute_id=row.id, now=now)


def accept_dispute(
    *, actor: User, dispute_id: int, now: dt.datetime, credit_note: bool = False
) -> None:
    """Give in: the money stays with the customer; `credit_note` credits it on paper as well.

    Raises PermissionRefused, NotFound, OwnOrder, DisputeClosed.
    """
    row, order = disputed_order(actor=actor, dispute_id=dispute_id)
    refuse_own(order, actor)
    with write_transaction(durable=True):
        locked = lock_order(order_id=order.pk)
        payments.wish_accept(actor=actor, dispute_id=row.id, now=now)
        if credit_note:
            _credit(actor, locked, row, now)
    payments.tell_provider(dispute_id=row.id, now=now)


def credit_dispute(*, actor: User, dispute_id: int, now: dt.datetime) -> None:
    """A credit note of the amount of a lost or accepted dispute, once.

    Raises PermissionRefused, NotFound, OwnOrder, DisputeClosed.
    """
    row, order = disputed_order(actor=actor, dispute_id=dispute_id)
    refuse_own(order, actor)
    with write_transaction(durable=True):
        _credit(actor, lock_order(order_id=order.pk), row, now)


def _credit(actor: User, order: Order, row: DisputeRow, now: dt.datetime) -> None:
    payments.mark_credited(dispute_id=row.id)
    issue_credit_note(
        actor=actor,
        order=order,
        parts=_spread(order, row.amount),
        reason_code="DISPUTE",
        reason="",
        now=now,
    )


def _spread(order: Order, amount: Decimal) -> list[RefundPart]:
    """The amount over what was charged and not given back, by its size; no line counts it as given:
    money was taken back, the supply stands."""
    items = lock_items(order_id=order.pk)
    left = left_of(order=order, items=items, charges=selectors.charges_of(order=order))
    most = sum((part.amount for part in left), ZERO)
    sizes = {place: part.amount for place, part in enumerate(left)}
    shares = apportionment.share_out(amount=min(amount, most), over=sizes)
    return [
        RefundPart(kind=part.kind, item=part.item, charge=part.charge, amount=shares[place])
        for place, part in enumerate(left)
        if shares[place]
    ]

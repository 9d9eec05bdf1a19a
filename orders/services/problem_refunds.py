"""Deciding about a report, and the refunds that follow from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.locks import lock_customer
from accounts.models import User
from audit.services import Action, record
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.money import ZERO, shekels
from core.transactions import require_transaction, write_transaction
from notifications.services import queue
from orders.apportionment import share_out
from orders.errors import ProblemDecided, RefundExceedsLine
from orders.locks import lock_items, lock_order, lock_problem
from orders.models import Order, OrderItem
from orders.problem_models import ProblemItem, ProblemReport, ProblemStatus
from orders.services.following import follow_after_commit
from orders.services.refund_parts import ItemPart, RefundRequest
from orders.services.refunding import refund_within
from orders.status import refuse_own
from payments.services import refund_id_of

DECISIONS = ("REFUND", "PART", "REJECT")
NOTE_LENGTH = 500


def decide_problem(
    *,
    actor: User,
    problem_id: int,
    decision: str,
    now: dt.datetime,
    amount: Decimal | None = None,
    note: str = "",
) -> ProblemReport:
    """Give what was reported back (REFUND), `amount` ₪ of it (PART), or nothing (REJECT).

    The customer gets one mail with the `note`, which every decision but REFUND needs. Raises
    PermissionRefused, NotFound, OwnOrder, InvalidInput, ProblemDecided, RefundExceedsLine,
    RefundExceedsCapture.
    """
    if not actor.is_manager:
        raise PermissionRefused
    note = note.strip()
    check_decision(decision=decision, amount=amount, note=note)
    found = ProblemReport.objects.filter(pk=problem_id).first()
    if found is None:
        raise NotFound
    with write_transaction(durable=True):
        lock_customer(user_id=found.user_id)
        order = lock_order(order_id=found.order_id)
        refuse_own(order, actor)
        lines = lock_items(order_id=order.pk)
        report = lock_problem(problem_id=problem_id)
        if report.status != ProblemStatus.RECEIVED:
            raise ProblemDecided(status=report.status)
        report.note, report.decided_by = note, actor
        rows = list(report.items.select_related("item").order_by("pk"))
        if decision == "REJECT":
            _close(report, rows, ProblemStatus.REJECTED, now)
        else:
            give_back_reported(
                actor=actor,
                order=order,
                lines=lines,
                report=report,
                rows=rows,
                amounts=_shares(rows, amount) if decision == "PART" else None,
                now=now,
            )
        record(
            actor=actor,
            entity_type="order",
            entity_id=order.pk,
            action=Action.UPDATE,
            new={"problem": report.status},
            context={"problem_id": report.pk},
        )
        queue(
            user_id=order.user_id,
            kind="problem_decided",
            context={"order_id": order.pk, "problem_id": report.pk},
            dedupe_key=f"problem_decided:{report.pk}:{now.isoformat()}",
        )
    return report


def give_back_reported(
    *,
    actor: User | None,
    order: Order,
    lines: Sequence[OrderItem],
    report: ProblemReport,
    rows: Sequence[ProblemItem],
    amounts: Mapping[int, Decimal] | None,
    now: dt.datetime,
) -> None:
    """Refund the rows of a report of a locked order, whole or the `amounts` (₪ by line).

    One refund for each kind, so that each has its reason. In the caller's transaction; the papers
    follow its commit. Raises what `refund_within` raises.
    """
    require_transaction()
    attempt = "" if report.decided_at is None else f":{report.decided_at.isoformat()}"
    whole = amounts is None
    for kind in dict.fromkeys(row.kind for row in rows):
        mine = [row for row in rows if row.kind == kind]
        parts = [_part(row, amounts) for row in mine if whole or amounts[row.item_id]]  # type: ignore[index]
        if not parts:
            continue
        call_id = refund_within(
            actor=actor,
            order=order,
            items=lines,
            request=RefundRequest(items=parts, reason_code=kind),
            key=f"problem:{report.pk}:{kind}{attempt}",
            now=now,
            context={"problem_id": report.pk},
        )
        refund_id = refund_id_of(call_id=call_id)
        for row in mine:
            row.given = row.amount if amounts is None else amounts[row.item_id]
            row.refund_id = refund_id if row.given else None
        follow_after_commit(call_id=call_id)
    done = ProblemStatus.REFUNDED if whole else ProblemStatus.PARTLY_REFUNDED
    _close(report, rows, done, now)


def check_decision(*, decision: str, amount: Decimal | None = None, note: str = "") -> None:
    """What can be said of a decision before any report is looked at. Raises InvalidInput."""
    note = note.strip()
    if decision not in DECISIONS:
        raise InvalidInput(fields={"decision": [_("REFUND, PART or REJECT.")]})
    if decision != "REFUND" and not note:
        raise InvalidInput(fields={"note": [_("Tell the customer why.")]})
    if len(note) > NOTE_LENGTH:
        text = _("At most %(length)s characters.") % {"length": NOTE_LENGTH}
        raise InvalidInput(fields={"note": [text]})
    if decision == "PART" and (
        amount is None or not amount.is_finite() or amount <= ZERO or amount != shekels(amount)
    ):
        raise InvalidInput(fields={"amount": [_("An amount above zero, to the agora.")]})


def _shares(rows: Sequence[ProblemItem], amount: Decimal | None) -> dict[int, Decimal]:
    """A part of what was asked for, shared out over its lines by their size."""
    whole = sum((row.amount for row in rows), ZERO)
    if amount is None or amount > whole:
        raise RefundExceedsLine(
            item_id=rows[0].item_id,
            refundable_quantity=float(rows[0].quantity),
            refundable=str(whole),
        )
    return share_out(amount=amount, over={row.item_id: row.amount for row in rows})


def _part(row: ProblemItem, amounts: Mapping[int, Decimal] | None) -> ItemPart:
    if amounts is None:
        return ItemPart(id=row.item_id, quantity=row.quantity)
    return ItemPart(id=row.item_id, amount=amounts[row.item_id])


def _close(
    report: ProblemReport, rows: Sequence[ProblemItem], status: str, now: dt.datetime
) -> None:
    report.status, report.decided_at = status, now
    report.save(update_fields=["status", "note", "decided_by", "decided_at"])
    for row in rows:
        row.status = status
        row.save(update_fields=["status", "given", "refund"])

"""What must be true of money: between a payment, its calls, its refunds, its order and the provider."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from audit.invariants import without_entry
from core import clock
from core.invariants import Finding, Rule
from core.money import HUNDRED, ZERO, shekels
from payments.choices import TAKES_AWAY, PaymentState
from payments.dispute_models import Dispute
from payments.locks import OPEN
from payments.models import Payment, ProviderCall, Refund
from payments.provider import HoldStatus
from payments.providers.sandbox_ledger import Ledger

S, Kind, CallState = PaymentState, ProviderCall.Kind, ProviderCall.State
MONEY = DecimalField(max_digits=12, decimal_places=2)
NOTHING_HELD = frozenset({HoldStatus.DECLINED, HoldStatus.VOIDED})
ASK = "look up payment {} at the provider, then let `sync_payment` book what is true"


def payments_equal_calls(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What was charged and refunded is what the finished calls add up to."""
    rows = _until(as_of).annotate(taken=_sum(Kind.CAPTURE), given=_sum(Kind.REFUND))
    for row in rows.filter(~Q(taken=F("captured")) | ~Q(given=F("refunded"))):
        yield Finding(
            what=f"payment {row.pk} of {row.order_number} says {row.captured} charged and "
            f"{row.refunded} refunded, its calls {row.taken} and {row.given}",
            repair=ASK.format(row.pk),
        )


def states_fit_amounts(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each state says something about the amounts."""
    fits = (
        Q(state__in=[S.PENDING, S.FAILED, S.SCHEDULED], authorized=0)
        | Q(state=S.AUTHORIZED, authorized__gt=0, captured=0)
        | Q(state__in=[S.UNPAID, S.VOIDED], captured=0)
        | Q(state=S.NONE, amount=0, authorized=0)
        | Q(state=S.CAPTURED, captured__gt=0, refunded=0)
        | Q(state=S.PARTIALLY_REFUNDED, refunded__gt=0, refunded__lt=F("captured"))
        | Q(state=S.REFUNDED, captured__gt=0, refunded=F("captured"))
    )
    for row in _until(as_of).exclude(fits):
        yield Finding(
            what=f"payment {row.pk} of {row.order_number} is {row.state} with {row.authorized} "
            f"held, {row.captured} charged, {row.refunded} refunded",
            repair=ASK.format(row.pk),
        )


def refunds_equal_calls(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each refund is one call of its payment and amount, and the reverse."""
    wrong = Refund.objects.exclude(
        call__kind=Kind.REFUND, call__amount=F("amount"), call__payment=F("payment")
    )
    for refund in wrong:
        yield Finding(
            what=f"refund {refund.pk} of {refund.amount} does not fit its call {refund.call_id}",
            repair=ASK.format(refund.payment_id),
        )
    for call in ProviderCall.objects.filter(kind=Kind.REFUND, refund__isnull=True):
        yield Finding(
            what=f"call {call.pk} refunds {call.amount} of payment {call.payment_id} for no reason",
            repair=ASK.format(call.payment_id),
        )


def money_has_an_order(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Nobody's money is held or kept without an order, unless it is on its way back."""
    rows = Payment.objects.annotate(under_way=_under_way()).filter(
        order__isnull=True,
        under_way=False,
        state__in=[S.AUTHORIZED, S.CAPTURED, S.PARTIALLY_REFUNDED],
    )
    for row in rows:
        yield Finding(
            what=f"payment {row.pk} of {row.order_number} is {row.state} and has no order",
            repair=f"void or refund payment {row.pk}",
        )


def asked_for_means_open(as_of: dt.datetime | None) -> Iterator[Finding]:
    """A payment without an outcome belongs to a checkout that is still open, or is asked again."""
    asked = ProviderCall.objects.filter(
        payment=OuterRef("pk"), state__in=OPEN, next_attempt_at__isnull=False
    )
    rows = (
        Payment.objects.filter(state=S.PENDING)
        .exclude(reservation__status="ACTIVE")
        .filter(~Exists(asked))
    )
    for row in rows:
        yield Finding(
            what=f"payment {row.pk} of {row.order_number} has no outcome and no open checkout",
            repair=ASK.format(row.pk),
        )


def calls_come_to_an_end(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Nothing is asked of the provider for ever: an open call has its next attempt, but for that of a
    payment whose checkout is still at it."""
    rows = ProviderCall.objects.filter(state__in=OPEN, next_attempt_at__isnull=True)
    for call in rows.exclude(payment__state=S.PENDING).select_related("payment").order_by("pk"):
        yield Finding(
            what=f"call {call.pk} ({call.kind}) of {call.payment.order_number} is open and nobody "
            "will ask again",
            repair=ASK.format(call.payment_id),
        )


def the_trail_of_money_is_complete(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each hold, charge, release and refund stands in the audit trail."""
    told = {
        "CREATE": Q(authorized__gt=0),
        "CAPTURE": Q(captured__gt=0),
        "VOID": Q(state=S.VOIDED),
        "REFUND": Q(refunded__gt=0),
    }
    for action, rows in told.items():
        keys = list(_until(as_of).filter(rows).values_list("pk", flat=True))
        for key in without_entry(entity_type="payment", action=action, entity_ids=keys):
            yield Finding(
                what=f"the audit trail does not know the {action} of payment {key}",
                repair="find out who wrote to the database past the services",
            )


def the_sandbox_agrees(as_of: dt.datetime | None) -> Iterator[Finding]:
    """The sandbox provider's own ledger tells the same of every payment.

    Where it has none (a database restored on another machine) there is nothing to compare; what in
    it is older than our first payment belonged to an earlier database.
    """
    if not Path(settings.SANDBOX_LEDGER).exists():
        return
    ledger = Ledger(settings.SANDBOX_LEDGER)
    fresh = _fresh(ledger)
    rows = Payment.objects.filter(provider="sandbox").annotate(under_way=_under_way())
    ours = {row.idempotency_key: row for row in rows.iterator(chunk_size=1000)}
    first = min((row.created_at.timestamp() for row in ours.values()), default=0.0)
    for hold in ledger.holds():
        row = ours.pop(hold["key"], None)
        if hold["reference"] in fresh or (row is not None and _is_moving(row)):
            continue
        there = (hold["status"], _shekels(hold["captured"]), _shekels(hold["refunded"]))
        if row is None:
            if (
                hold["status"] in (HoldStatus.HELD, HoldStatus.CAPTURED)
                and hold["created_at"] >= first
            ):
                yield _disagreement(hold["key"], "nothing", there)
        elif there != (here := _as_told(row)) and not _both_nothing(here, there):
            yield _disagreement(row.order_number, here, there)
    for row in ours.values():
        if row.authorized > ZERO:
            yield _disagreement(row.order_number, _as_told(row), "nothing")


def _disagreement(name: str, here: object, there: object) -> Finding:
    return Finding(
        what=f"payment of {name}: our books say {here}, the provider's {there}",
        repair=f"let `sync_payment` look at the payment of {name}",
    )


def _as_told(row: Payment) -> tuple[str, Decimal, Decimal]:
    """A payment in the words of the provider's ledger."""
    status = {
        S.AUTHORIZED: HoldStatus.HELD,
        S.VOIDED: HoldStatus.VOIDED,
        S.UNPAID: HoldStatus.VOIDED,
        S.FAILED: HoldStatus.DECLINED,
    }.get(S(row.state), HoldStatus.CAPTURED)
    return status, row.captured, row.refunded


def _both_nothing(here: tuple[str, Decimal, Decimal], there: tuple[str, Decimal, Decimal]) -> bool:
    return here[0] in NOTHING_HELD and there[0] in NOTHING_HELD


def _is_moving(row: Payment) -> bool:
    """Asked for and not answered yet, with a call under way, or run out and about to be looked at:
    the provider may be ahead of us."""
    ends = row.hold_expires_at
    ran_out = row.state == S.AUTHORIZED and ends is not None and ends <= clock.now()
    return row.state == S.PENDING or bool(row.under_way) or ran_out  # type: ignore[attr-defined]


def _fresh(ledger: Ledger) -> set[str]:
    """References that moved after the snapshot we look at was taken, while the shop goes on.

    What lies in the future comes from a test's own clock, and is judged. A copy under proof says of
    which instant it is (`mami.copy_of`): its provider's ledger was copied after its rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(nullif(current_setting('mami.copy_of', true), '')::float8,"
            " extract(epoch FROM now())), current_setting('transaction_isolation')"
        )
        instant, isolation = cursor.fetchone()
    if isolation != "repeatable read":
        return set()  # no snapshot: both sides are read as they are now
    latest = time.time()
    return {
        entry["reference"] for entry in ledger.entries() if float(instant) < entry["at"] <= latest
    }


def _until(as_of: dt.datetime | None) -> QuerySet[Payment]:
    rows = Payment.objects.order_by("pk")
    return rows if as_of is None else rows.filter(updated_at__lte=as_of)


def _under_way() -> Exists:
    return Exists(ProviderCall.objects.filter(payment=OuterRef("pk"), state__in=OPEN))


def _sum(kind: ProviderCall.Kind) -> Coalesce:
    calls = ProviderCall.objects.filter(
        payment=OuterRef("pk"), kind=kind, state=CallState.SUCCEEDED
    )
    total = calls.order_by().values("payment").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total), Value(ZERO), output_field=MONEY)


def _shekels(agorot: int) -> Decimal:
    return shekels(Decimal(agorot) / HUNDRED)


def nothing_is_given_back_twice(as_of: dt.datetime | None) -> Iterator[Finding]:
    """What was given back and what banks took away stay within what was charged."""
    taken = Dispute.objects.filter(payment=OuterRef("pk"), status__in=TAKES_AWAY)
    total = taken.order_by().values("payment").annotate(total=Sum("amount")).values("total")
    rows = Payment.objects.annotate(
        disputed=Coalesce(Subquery(total), Value(ZERO), output_field=MONEY)
    ).filter(disputed__gt=0)
    for row in rows.filter(captured__lt=F("refunded") + F("disputed")):
        yield Finding(
            what=f"payment {row.pk} of {row.order_number}: of {row.captured} charged {row.refunded} "
            f"were given back and {row.disputed} are contested",
            repair="look at its refunds and disputes; answer the dispute with the credit note",
        )


RULES = [
    Rule(name="payments = their calls", check=payments_equal_calls, historic=True),
    Rule(name="payment states = amounts", check=states_fit_amounts, historic=True),
    Rule(name="refunds = their calls", check=refunds_equal_calls),
    Rule(name="given back and contested within charged", check=nothing_is_given_back_twice),
    Rule(name="money held = orders", check=money_has_an_order),
    Rule(name="money asked for = open checkouts", check=asked_for_means_open),
    Rule(name="calls to the provider come to an end", check=calls_come_to_an_end),
    Rule(
        name="the audit trail of money is complete",
        check=the_trail_of_money_is_complete,
        historic=True,
    ),
    Rule(name="provider's ledger = ours (sandbox)", check=the_sandbox_agrees),
]

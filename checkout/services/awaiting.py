"""A checkout whose bank wants its customer to confirm: what may happen while it waits."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from checkout.errors import CartAlreadyOrdered
from checkout.models import Reservation
from checkout.services.finalizing import commit, release_reservation
from payments import services as payments
from payments.payment_results import NOT_CONFIRMED, Verdict
from payments.selectors import awaits_cardholder


def abandon_awaiting(*, actor: User, now: dt.datetime) -> bool:
    """Give up the actor's checkout that waits for its cardholder, so that another may begin.

    False when none waits, or the provider does not say what became of it. Raises
    CartAlreadyOrdered, with the number, when it was confirmed and is an order now.
    """
    row = (
        Reservation.objects.filter(user=actor, status=Reservation.Status.ACTIVE)
        .values_list("pk", "payment_id")
        .first()
    )
    if row is None or not awaits_cardholder(payment_id=row[1]):
        return False
    outcome = payments.ask(payment_id=row[1], now=now)
    if outcome.is_agreed:
        committed = commit(reservation_id=row[0], outcome=outcome, now=now)
        if committed is not None:
            raise CartAlreadyOrdered(order_number=committed.answer["order_number"])
        return True
    if outcome.verdict not in (Verdict.ACTION_REQUIRED, Verdict.DECLINED):
        return False
    reason = outcome.reason if outcome.verdict is Verdict.DECLINED else NOT_CONFIRMED
    return release_reservation(reservation_id=row[0], reason=reason, now=now)

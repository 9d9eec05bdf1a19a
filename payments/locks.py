"""The locks of the money side. A payment is the last thing locked in the shop's order."""

from __future__ import annotations

from accounts.models import User
from core.errors import NotFound
from payments.models import Payment, ProviderCall

OPEN = (ProviderCall.State.STARTED, ProviderCall.State.UNANSWERED)


def lock_payment(*, payment_id: int) -> Payment:
    """The payment, locked until the transaction ends. Raises NotFound."""
    found = Payment.objects.select_for_update(no_key=True).filter(pk=payment_id).first()
    if found is None:
        raise NotFound
    return found


def lock_open_call(*, call_id: int) -> ProviderCall | None:
    """The call if it is still open and nobody else holds it, with its payment (not locked)."""
    return (
        ProviderCall.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("payment")
        .filter(pk=call_id, state__in=OPEN)
        .first()
    )


def lock_cards(*, user_id: int) -> None:
    """One change of a person's cards at a time. The person's row is the lock: cards may be none."""
    list(User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))

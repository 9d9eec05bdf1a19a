"""Row locks of checkout: key and reservation come before everything else, the basket next."""

from __future__ import annotations

from checkout.models import IdempotencyKey, Reservation


def lock_key(*, user_id: int, key: str, scope: str) -> IdempotencyKey:
    """A person's key, which exists."""
    return IdempotencyKey.objects.select_for_update().get(user_id=user_id, scope=scope, key=key)


def lock_keys_of(*, user_id: int) -> list[IdempotencyKey]:
    """All keys of a person, before the person's own row."""
    keys = IdempotencyKey.objects.select_for_update().filter(user_id=user_id)
    return list(keys.order_by("pk"))


def lock_reservation(*, reservation_id: int) -> Reservation:
    """The reservation with its key, both locked, in one statement."""
    return (
        Reservation.objects.select_for_update(of=("self",))
        .select_related("key", "user")
        .get(pk=reservation_id)
    )

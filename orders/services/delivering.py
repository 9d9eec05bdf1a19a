"""Handing a delivery over at the door, with a note or a photograph of where it was left."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from collections.abc import Iterator
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from accounts.models import DeliveryPreference, User
from audit.services import Action, record
from core.errors import InvalidInput
from core.transactions import write_transaction
from orders.models import (
    DeliveryProof,
    Order,
    OrderDelivery,
    OrderStatus,
)
from orders.photos import cleaned
from orders.services.returning import Returned
from orders.services.transitions import move_within

LEFT_ALONE = (DeliveryPreference.LEAVE_AT_DOOR, DeliveryPreference.SAFE_PLACE)
NOTE_LENGTH = 200


def deliver(
    *,
    actor: User,
    order_id: int,
    now: dt.datetime,
    note: str = "",
    photo: IO[bytes] | None = None,
    returned: Returned | None = None,
) -> Order:
    """Move a delivery to DELIVERED and keep what was said or photographed at the door.

    `returned`, quantities by line, was handed back and is refunded at once.

    Goods that nobody took into their hands need one of the two. Raises InvalidInput, PhotoRefused
    and what `change_status` raises.
    """
    note = note.strip()[:NOTE_LENGTH]
    if not note and photo is None:
        alone = OrderDelivery.objects.filter(order_id=order_id, preference__in=LEFT_ALONE)
        if alone.exists():
            raise InvalidInput(fields={"note": [_("Say or photograph where it was left.")]})
    proof = DeliveryProof(order_id=order_id, note=note, actor=actor, at=now)
    with _photo_kept(photo) as name, write_transaction(durable=True):
        proof.photo = name
        order = move_within(
            actor=actor,
            order_id=order_id,
            to=OrderStatus.DELIVERED,
            now=now,
            returned=returned,
        )
        if note or name:
            _keep(actor, proof)
    return order


@contextlib.contextmanager
def _photo_kept(photo: IO[bytes] | None) -> Iterator[str]:
    """The name of the photo's file, which does not outlive a refusal; written before any lock."""
    if photo is None:
        yield ""
        return
    storage = DeliveryProof._meta.get_field("photo").storage
    name = storage.save(f"doors/{secrets.token_hex(16)}.webp", ContentFile(cleaned(photo)))
    try:
        yield name
    except BaseException:
        storage.delete(name)
        raise


def _keep(actor: User, proof: DeliveryProof) -> None:
    proof.save(force_insert=True)
    record(
        actor=actor,
        entity_type="order",
        entity_id=proof.order_id,
        action=Action.UPDATE,
        new={"delivery_note": bool(proof.note), "delivery_photo": bool(proof.photo)},
    )

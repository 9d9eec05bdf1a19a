"""Handing a delivery over at the door, with a note or a photograph of where it was left."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from mami.errors import InvalidInput
from mami.transactions import write_transaction
from orders.models import (
    DeliveryPreference,
    DeliveryProof,
    Order,
    OrderDelivery,
    OrderStatus,
)
from orders.photos import cleaned
from orders.services.moving import move_within

LEFT_ALONE = (DeliveryPreference.LEAVE_AT_DOOR, DeliveryPreference.SAFE_PLACE)
NOTE_LENGTH = 200


def deliver(
    *,
    actor: User,
    order_id: int,
    now: dt.datetime,
    note: str = "",
    photo: IO[bytes] | None = None,
) -> Order:
    """Move a delivery to DELIVERED and keep what was said or photographed at the door.

    Goods that nobody took into their hands need one of the two. Raises InvalidInput, PhotoRefused
    and what `change_status` raises.
    """
    note = note.strip()[:NOTE_LENGTH]
    if not note and photo is None:
        alone = OrderDelivery.objects.filter(order_id=order_id, preference__in=LEFT_ALONE)
        if alone.exists():
            raise InvalidInput(fields={"note": [_("Say or photograph where it was left.")]})
    picture = cleaned(photo) if photo is not None else None
    proof = DeliveryProof(order_id=order_id, note=note, actor=actor, at=now)
    try:
        with write_transaction(durable=True):
            order = move_within(actor=actor, order_id=order_id, to=OrderStatus.DELIVERED, now=now)
            if picture is not None:
                proof.photo.save(f"{secrets.token_hex(16)}.webp", ContentFile(picture), save=False)
            if note or picture is not None:
                _keep(actor, proof)
    except BaseException:
        if proof.photo:
            proof.photo.delete(save=False)
        raise
    return order


def _keep(actor: User, proof: DeliveryProof) -> None:
    proof.save(force_insert=True)
    record(
        actor=actor,
        entity_type="order",
        entity_id=proof.order_id,
        action=Action.UPDATE,
        new={"delivery_note": bool(proof.note), "delivery_photo": bool(proof.photo)},
    )

"""Notes of staff for one another, about a customer or one of their orders."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import person
from audit.services import Action, record
from core.errors import InvalidInput, NotFound, PermissionRefused
from core.transactions import write_transaction
from orders.models import Order
from orders.staff_models import NOTE_LENGTH, StaffNote


def write_note(
    *,
    actor: User,
    text: str,
    now: dt.datetime,
    order_id: int | None = None,
    customer_id: int | None = None,
) -> StaffNote:
    """Write down `text` (1 to 1000 characters) about an order, or about a customer.

    Nobody changes it afterwards. Raises PermissionRefused (no staff), NotFound, InvalidInput.
    """
    if not actor.is_employee:
        raise PermissionRefused
    words = text.strip()
    if not 1 <= len(words) <= NOTE_LENGTH:
        raise InvalidInput(fields={"text": [_("Write 1 to 1000 characters.")]})
    with write_transaction():
        if order_id is not None:
            owner = Order.objects.filter(pk=order_id).values_list("user_id", flat=True).first()
            if owner is None:
                raise NotFound
            customer_id = owner
        else:
            customer_id = person(user_id=customer_id or 0).pk
        note = StaffNote.objects.create(
            customer_id=customer_id, order_id=order_id, text=words, author=actor, at=now
        )
        record(
            actor=actor,
            entity_type="order" if order_id is not None else "user",
            entity_id=order_id if order_id is not None else customer_id,
            action=Action.UPDATE,
            new={"note": note.pk},
        )
    return note

"""Whose name an order's invoice bears, until the money is taken: a private person's or a business's."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from core.errors import InvalidInput, NotFound
from core.text import validate_text
from core.transactions import write_transaction
from core.vat_ids import is_vat_id
from orders.errors import OrderNotChangeable
from orders.locks import lock_order
from orders.models import Order, OrderStatus
from orders.status import refuse_while_leaving

NAME_LENGTH = 120


def bill_business(*, actor: User, order_id: int, business_name: str, vat_id: str) -> Order:
    """Put a business on the invoice of one's own order, or (both empty) take it off again.

    Until the charge is asked for: the invoice is issued with it. Raises InvalidInput, NotFound,
    OrderNotChangeable (charged, or cancelled), Busy (being charged).
    """
    name = business_name.strip()
    number = vat_id.replace(" ", "").replace("-", "")
    _check(name, number)
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if order.user_id != actor.pk:
            raise NotFound
        if order.status == OrderStatus.CANCELED:
            raise OrderNotChangeable(reason="CANCELED")
        refuse_while_leaving(order)
        if order.captured_at is not None or order.left_at is not None:
            raise OrderNotChangeable(reason="LEFT")
        if (order.business_name, order.vat_id) == (name, number):
            return order
        old = bool(order.vat_id)
        order.business_name, order.vat_id = name, number
        order.save(update_fields=["business_name", "vat_id", "updated_at"])
        record(
            actor=actor,
            entity_type="order",
            entity_id=order.pk,
            action=Action.UPDATE,
            old={"for_business": old},
            new={"for_business": bool(number)},
        )
    return order


def _check(name: str, number: str) -> None:
    fields: dict[str, list[Any]] = {}
    if len(name) > NAME_LENGTH:
        fields["business_name"] = [
            _("At most %(most)d characters, please.") % {"most": NAME_LENGTH}
        ]
    try:
        validate_text(name)
    except ValidationError as refusal:
        fields["business_name"] = list(refusal.messages)
    if number and not is_vat_id(number):
        fields["vat_id"] = [_("A VAT number has nine digits, and these do not check.")]
    elif bool(number) != bool(name):
        missing = "business_name" if number else "vat_id"
        fields[missing] = [_("An invoice for a business needs its name and its VAT number.")]
    if fields:
        raise InvalidInput(fields=fields)

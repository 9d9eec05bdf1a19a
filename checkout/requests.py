"""What a customer asks of checkout: the same for the page and the JSON API."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.services.addresses import AddressData
from mami.errors import InvalidInput
from orders.models import DeliveryPreference, FulfillmentType
from payments.cards import CardToken

NOTES_LENGTH = 500
NOTE_LENGTH = 200

__all__ = ["AddressData", "CardToken", "CheckoutRequest", "ConfirmRequest"]


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """Where and when. `branch_id` is for a pickup; without an address the default one is meant.

    `delivery_date` absent means the next open date of the slot; `cart_id`, when given, must be the
    customer's active basket.
    """

    fulfillment_type: str
    branch_id: int | None = None
    delivery_slot_id: int | None = None
    delivery_date: dt.date | None = None
    address_id: int | None = None
    address: AddressData | None = None
    cart_id: int | None = None

    @property
    def is_delivery(self) -> bool:
        return self.fulfillment_type == FulfillmentType.DELIVERY

    def check(self) -> None:
        """Raises InvalidInput for what could not be asked in any state of the shop."""
        fields: dict[str, list[Any]] = {}
        if self.fulfillment_type not in FulfillmentType.values:
            fields["fulfillment_type"] = [_("Choose delivery or pickup.")]
        elif not self.is_delivery and self.branch_id is None:
            fields["branch_id"] = [_("Choose the branch where you will collect.")]
        self._check_more(fields)
        if fields:
            raise InvalidInput(fields=fields)

    def _check_more(self, fields: dict[str, list[Any]]) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class ConfirmRequest(CheckoutRequest):
    """Where, when and how to pay: a saved card, a new one, or (neither given) the default one.

    `expected_total` in ₪ is what the customer saw; another total is refused.
    """

    payment_token_id: int | None = None
    payment: CardToken | None = None
    save_as_default: bool = False
    expected_total: Decimal | None = None
    notes: str = ""
    delivery_preference: str = DeliveryPreference.HAND_OVER
    delivery_note: str = ""

    def body_hash(self) -> str:
        """What the idempotency key stands for: the same request gives the same hash."""
        text = json.dumps(asdict(self), sort_keys=True, default=_plain, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _check_more(self, fields: dict[str, list[Any]]) -> None:
        if self.delivery_preference not in DeliveryPreference.values:
            fields["delivery_preference"] = [_("Choose one of the offered ways.")]
        for name, text, most in (
            ("notes", self.notes, NOTES_LENGTH),
            ("delivery_note", self.delivery_note, NOTE_LENGTH),
        ):
            if len(text) > most:
                fields[name] = [_("At most %(most)d characters, please.") % {"most": most}]
            elif "\x00" in text:
                fields[name] = [_("This text holds a character that cannot be kept.")]


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)

"""What a customer asks of checkout: the same for the page and the JSON API."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import DeliveryPreference
from accounts.services.addresses import AddressData
from cart.models import Substitution
from cart.quantities import MAX_QUANTITY
from core.errors import InvalidInput
from core.vat_ids import is_vat_id
from orders.models import FulfillmentType
from payments.cards import CardToken

BUSINESS_LENGTH = 120
NOTES_LENGTH = 500
NOTE_LENGTH = 200

__all__ = [
    "AddressData",
    "CardToken",
    "ChangeLine",
    "ChangeRequest",
    "CheckoutRequest",
    "ConfirmRequest",
    "ExpectedSlot",
    "LinesRequest",
    "PayRequest",
    "PhoneRequest",
    "StandingRequest",
]


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
class ExpectedSlot:
    """The delivery window as the customer saw it."""

    date: dt.date
    start_time: dt.time
    end_time: dt.time


@dataclass(frozen=True, kw_only=True)
class ConfirmRequest(CheckoutRequest):
    """Where, when and how to pay: a saved card, a new one, or (neither given) the default one.

    `expected_total` in ₪, `expected_cart_version` and `expected_slot` are what the customer saw;
    another total, other lines and other times are refused.
    """

    payment_token_id: int | None = None
    payment: CardToken | None = None
    save_as_default: bool = False
    expected_total: Decimal | None = None
    expected_cart_version: int | None = None
    expected_slot: ExpectedSlot | None = None
    notes: str = ""
    delivery_preference: str = DeliveryPreference.HAND_OVER
    delivery_note: str = ""
    business_name: str = ""
    vat_id: str = ""

    def body_hash(self) -> str:
        """What the idempotency key stands for: the same request gives the same hash."""
        text = json.dumps(asdict(self), sort_keys=True, default=_plain, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _check_more(self, fields: dict[str, list[Any]]) -> None:
        if self.delivery_preference not in DeliveryPreference.values:
            fields["delivery_preference"] = [_("Choose one of the offered ways.")]
        _check_text(self.notes, "notes", NOTES_LENGTH, fields)
        _check_text(self.delivery_note, "delivery_note", NOTE_LENGTH, fields)
        _check_text(self.business_name, "business_name", BUSINESS_LENGTH, fields)
        if self.vat_id and not is_vat_id(self.vat_id):
            fields["vat_id"] = [_("A VAT number has nine digits, and these do not check.")]
        elif bool(self.vat_id) != bool(self.business_name.strip()):
            missing = "business_name" if self.vat_id else "vat_id"
            fields[missing] = [_("An invoice for a business needs its name and its VAT number.")]


MOST_LINES = 300
REASON = (3, 200)


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """How much of a product the changed order holds; 0 is none. None: its choice, note stay."""

    product_id: int
    quantity: Decimal
    substitution: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class LinesRequest(ConfirmRequest):
    """What is ordered by its `lines`: the customer's own basket stays as it is."""

    lines: tuple[ChangeLine, ...]

    @property
    def wanted(self) -> dict[int, tuple[Decimal, str | None]]:
        """Quantity and choice by product."""
        return {one.product_id: (one.quantity, one.substitution) for one in self.lines}

    @property
    def line_notes(self) -> dict[int, str]:
        return {one.product_id: one.note for one in self.lines if one.note}

    def _check_more(self, fields: dict[str, list[Any]]) -> None:
        super()._check_more(fields)
        _check_lines(self.lines, fields)
        if any(not 0 < line.quantity <= MAX_QUANTITY for line in self.lines):
            fields["lines"] = [_("A quantity is a number from 0 on.")]


@dataclass(frozen=True, kw_only=True)
class StandingRequest(LinesRequest):
    """A date of a standing order, which may keep a place in its window as `occurrence_id`."""

    occurrence_id: int


@dataclass(frozen=True, kw_only=True)
class PhoneRequest(LinesRequest):
    """What a customer asks for on the phone.

    A saved card only with their `consent`; without a card they get a link, and pay by themselves.
    """

    customer_id: int
    consent: bool = False

    def _check_more(self, fields: dict[str, list[Any]]) -> None:
        super()._check_more(fields)
        if self.payment_token_id is not None and not self.consent:
            fields["consent"] = [_("Ask the customer whether their card may be used.")]
        if self.payment is not None:
            fields["payment"] = [_("On the phone only a saved card is taken, or a link is sent.")]


PROPOSED = (
    "lines", "fulfillment_type", "branch_id", "delivery_slot_id", "delivery_date", "address_id",
    "address", "notes", "delivery_preference", "delivery_note",
)  # fmt: skip
"""What of a change staff may ask its customer to agree to."""


@dataclass(frozen=True, kw_only=True)
class ChangeRequest:
    """What an order should become; what is None stays. `lines` is the whole list, when given.

    `expected_version` and `expected_total` (₪) are what was seen. `reason` is for staff.
    """

    lines: tuple[ChangeLine, ...] | None = None
    fulfillment_type: str | None = None
    branch_id: int | None = None
    delivery_slot_id: int | None = None
    delivery_date: dt.date | None = None
    address_id: int | None = None
    address: AddressData | None = None
    notes: str | None = None
    delivery_preference: str | None = None
    delivery_note: str | None = None
    payment_token_id: int | None = None
    payment: CardToken | None = None
    expected_version: int | None = None
    expected_total: Decimal | None = None
    reason: str = ""

    @property
    def is_delivery(self) -> bool:
        return self.fulfillment_type == FulfillmentType.DELIVERY

    @property
    def asks_lines(self) -> bool:
        """Whether anything is asked that a second attempt at the door does not allow."""
        others = (self.fulfillment_type, self.branch_id, self.payment_token_id, self.payment)
        return self.lines is not None or any(value is not None for value in others)

    def proposal(self) -> dict[str, Any]:
        """What staff propose, as JSON for `proposed`; no card is ever part of it."""
        text = json.dumps({name: asdict(self)[name] for name in PROPOSED}, default=_plain)
        found: dict[str, Any] = json.loads(text)
        return found

    @staticmethod
    def proposed(body: Mapping[str, Any], **seen: Any) -> ChangeRequest:
        """The request that was kept as JSON, with what its customer adds."""
        values: dict[str, Any] = {name: body.get(name) for name in PROPOSED}
        if values["lines"] is not None:
            values["lines"] = tuple(
                ChangeLine(**{**line, "quantity": Decimal(line["quantity"])})
                for line in values["lines"]
            )
        if values["delivery_date"] is not None:
            values["delivery_date"] = dt.date.fromisoformat(values["delivery_date"])
        if values["address"] is not None:
            values["address"] = AddressData(**values["address"])
        return ChangeRequest(**values, **seen)

    def body_hash(self, order_id: int) -> str:
        """What the idempotency key stands for."""
        asked = {"order": order_id, **asdict(self)}
        text = json.dumps(asked, sort_keys=True, default=_plain, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, *, by_staff: bool, is_preview: bool = False) -> None:
        """Raises InvalidInput for what could not be asked of any order."""
        fields: dict[str, list[Any]] = {}
        if self.lines is not None:
            _check_lines(self.lines, fields)
        self._check_choices(fields)
        for name, most in (("notes", NOTES_LENGTH), ("delivery_note", NOTE_LENGTH)):
            _check_text(getattr(self, name) or "", name, most, fields)
        if not is_preview:
            for name in ("expected_version", "expected_total"):
                if getattr(self, name) is None:
                    fields[name] = [_("Say what you saw before the change.")]
        if by_staff and not REASON[0] <= len(self.reason.strip()) <= REASON[1] and not is_preview:
            fields["reason"] = [_("Tell the customer why, in 3 to 200 characters.")]
        if not fields and self.asks_nothing:
            fields["lines"] = [_("Nothing is asked for.")]
        if fields:
            raise InvalidInput(fields=fields)

    def _check_choices(self, fields: dict[str, list[Any]]) -> None:
        if self.fulfillment_type not in (None, *FulfillmentType.values):
            fields["fulfillment_type"] = [_("Choose delivery or pickup.")]
        if self.delivery_preference not in (None, *DeliveryPreference.values):
            fields["delivery_preference"] = [_("Choose one of the offered ways.")]

    @property
    def asks_nothing(self) -> bool:
        """Whether the order would stay as it is."""
        seen = {"expected_version", "expected_total", "reason", "delivery_date"}
        return all(value is None for name, value in vars(self).items() if name not in seen)


def _check_lines(lines: tuple[ChangeLine, ...], fields: dict[str, list[Any]]) -> None:
    if not any(line.quantity > 0 for line in lines):
        fields["lines"] = [_("An order without anything in it: cancel it instead.")]
    elif len(lines) > MOST_LINES:
        fields["lines"] = [_("At most %(most)d lines, please.") % {"most": MOST_LINES}]
    elif len({line.product_id for line in lines}) != len(lines):
        fields["lines"] = [_("Name each product once.")]
    elif any(not line.quantity.is_finite() or line.quantity < 0 for line in lines):
        fields["lines"] = [_("A quantity is a number from 0 on.")]
    elif any(line.substitution not in (None, *Substitution.values) for line in lines):
        fields["lines"] = [_("Choose one of the offered ways.")]
    for line in lines:
        _check_text(line.note or "", "lines", NOTE_LENGTH, fields)


def _check_text(text: str, name: str, most: int, fields: dict[str, list[Any]]) -> None:
    if len(text) > most:
        fields[name] = [_("At most %(most)d characters, please.") % {"most": most}]
    elif "\x00" in text:
        fields[name] = [_("This text holds a character that cannot be kept.")]


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


@dataclass(frozen=True, kw_only=True)
class PayRequest:
    """Which card: a saved one, a new one, or (neither given) the default one."""

    payment_token_id: int | None = None
    payment: CardToken | None = field(default=None, repr=False)
    save_as_default: bool = False

    def body_hash(self, order_id: int) -> str:
        """What the key stands for; a token in it cannot be read back."""
        card = [self.payment.provider, self.payment.token] if self.payment else None
        text = json.dumps([order_id, self.payment_token_id, card, self.save_as_default])
        return hashlib.sha256(text.encode()).hexdigest()

"""What checkout refuses, besides what basket, slots, shelves and payment refuse themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from inventory.errors import InsufficientStock

if TYPE_CHECKING:
    from checkout.quotes import Preview


class AddressRequired(DomainError):
    code = "ADDRESS_REQUIRED"
    status = 400
    message = _("Please tell us where to deliver.")


class SlotRequired(DomainError):
    code = "SLOT_REQUIRED"
    status = 400
    message = _("Please choose when to deliver.")


class CartShort(InsufficientStock):
    """The branch has too little of something; `details.missing_items` says of what.

    `preview` is the quote of the whole basket, and `details.preview` the same as JSON.
    """

    def __init__(self, quote: Preview, details: dict[str, Any]) -> None:
        super().__init__(**details)
        self.preview = quote


class BelowMinimum(DomainError):
    """The goods are worth less than the delivery area's smallest order; `details` say how much less.

    `preview` is the quote of the whole basket, and `details.preview` the same as JSON.
    """

    code = "BELOW_MINIMUM"
    message = _("The order is smaller than the smallest that we deliver to this place.")

    def __init__(self, quote: Preview | None = None, **details: Any) -> None:
        super().__init__(**details)
        self.preview = quote


class PriceChanged(DomainError):
    """The total is no longer the expected one; `details.total` is what it is now."""

    code = "PRICE_CHANGED"
    message = _("A price has changed since you last looked. Please check the new total.")


class CartChanged(DomainError):
    """The basket holds other lines than the customer saw; `details.cart_version` stands for them."""

    code = "CART_CHANGED"
    message = _(
        "The basket has changed since you last looked. Please check it and order once more."
    )


class SlotChanged(DomainError):
    """The window has other times than the customer saw; `details.slot` tells them."""

    code = "SLOT_CHANGED"
    message = _("The delivery time has changed since you last looked. Please check it again.")


class ChametzInPassover(DomainError):
    """The time lies in Passover and the basket has chametz; `details.product_ids` names it."""

    code = "CHAMETZ_IN_PASSOVER"
    message = _(
        "On Passover we bring no chametz. Please take it out of the basket, or choose a time after"
        " Passover."
    )


class CartAlreadyOrdered(DomainError):
    """The basket is being ordered, or was: then `details.order_number` says as which order."""

    code = "CART_ALREADY_ORDERED"
    message = _("This basket has already been ordered.")


class IdempotencyInProgress(DomainError):
    """The first request with this key is still running; `details.retry_after` in seconds."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    message = _("Your order is being placed right now. One moment, please.")

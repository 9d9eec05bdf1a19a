"""What checkout refuses, besides what basket, slots, shelves and payment refuse themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from inventory.errors import InsufficientStock
from mami.errors import DomainError

if TYPE_CHECKING:
    from checkout.quoting import Preview


class AddressRequired(DomainError):
    code = "ADDRESS_REQUIRED"
    status = 400
    message = _("Please tell us where to deliver.")


class SlotRequired(DomainError):
    code = "SLOT_REQUIRED"
    status = 400
    message = _("Please choose when to deliver.")


class BasketShort(InsufficientStock):
    """The branch has too little of something; `details.missing_items` says of what.

    `preview` is the quote of the whole basket, and `details.preview` the same as JSON.
    """

    def __init__(self, quote: Preview, details: dict[str, Any]) -> None:
        super().__init__(**details)
        self.preview = quote


class PriceChanged(DomainError):
    """The total is no longer the expected one; `details.total` is what it is now."""

    code = "PRICE_CHANGED"
    message = _("A price has changed since you last looked. Please check the new total.")


class CartAlreadyOrdered(DomainError):
    """The basket is being ordered, or was: then `details.order_number` says as which order."""

    code = "CART_ALREADY_ORDERED"
    message = _("This basket has already been ordered.")


class MissingIdempotencyKey(DomainError):
    code = "MISSING_IDEMPOTENCY_KEY"
    status = 400
    message = _("The request needs an Idempotency-Key of 1 to 128 visible ASCII characters.")


class IdempotencyKeyReuseMismatch(DomainError):
    code = "IDEMPOTENCY_KEY_REUSE_MISMATCH"
    message = _("This key was already used for a different request.")


class IdempotencyInProgress(DomainError):
    """The first request with this key is still running; `details.retry_after` in seconds."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    message = _("Your order is being placed right now. One moment, please.")

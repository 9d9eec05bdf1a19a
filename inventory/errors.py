"""What the shelves refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class InsufficientStock(DomainError):
    """Less is available than asked for.

    `details.missing_items` lists `{product_id, requested_quantity, available_quantity}`, quantities
    in units or kg.
    """

    code = "INSUFFICIENT_STOCK"
    message = _("Some products have run short at this branch.")


class StaleQuantity(DomainError):
    """The count was changed by somebody else meanwhile; `details.quantity` is what it is now."""

    code = "STALE_QUANTITY"
    message = _("Somebody counted this shelf a moment ago. Please look at the new number.")


class ImportNotReady(DomainError):
    """The file was applied before, or is still being looked at."""

    code = "IMPORT_NOT_READY"
    message = _("This file has been applied already, or is still being checked.")

"""What orders refuse."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from mami.errors import DomainError


class OrderNotCancelable(DomainError):
    """The order is past the point where its customer may cancel; `details.status` says where."""

    code = "ORDER_NOT_CANCELABLE"
    message = _("This order is already being prepared and can no longer be cancelled here.")


class InvalidStatusTransition(DomainError):
    """`details` hold `from`, `to`, `allowed` and, when only a condition is unmet, `blocked_by`.

    `blocked_by`: ITEMS_PENDING, ITEMS_MISSING, NO_ITEM_MISSING, NOT_DELIVERY or NOT_PICKUP.
    """

    code = "INVALID_STATUS_TRANSITION"
    message = _("The order cannot be moved to that status now.")


class OrderNotInPicking(DomainError):
    code = "ORDER_NOT_IN_PICKING"
    message = _("This order is not being picked right now.")


class SubstituteNotPossible(DomainError):
    """`details.reason`: NOT_MISSING, ALREADY_REPLACED, NOT_WANTED, NOT_AGREED or UNSAFE.

    UNSAFE names the `allergens` it would add and the `dietary_tags` it lacks.
    """

    code = "SUBSTITUTE_NOT_POSSIBLE"
    message = _("This product cannot be given instead.")
    REASONS = {
        "NOT_MISSING": _("Only something that is missing can be replaced."),
        "ALREADY_REPLACED": _("This line has a substitute already. Undo it first."),
        "NOT_WANTED": _("The customer wants no substitute for this."),
        "NOT_AGREED": _("Call the customer first, then say that they agreed."),
        "UNSAFE": _(
            "Not a safe substitute: it adds an allergen, or is not as kosher or as fit for the "
            "diet as what was ordered, or it is not sold."
        ),
    }

    def __init__(self, *, reason: str, **details: Any) -> None:
        super().__init__(str(self.REASONS[reason]), reason=reason, **details)


class PhotoRefused(DomainError):
    """The file is no photograph that can be read, or far too large. Nothing of it was kept."""

    code = "PHOTO_REFUSED"
    status = 422
    message = _("This photo could not be read. Please take another one (JPEG, PNG or WebP).")


class OrderClaimed(DomainError):
    """Another employee is picking it; `details.picker` is their name."""

    code = "ORDER_CLAIMED"
    message = _("Somebody else is already picking this order.")

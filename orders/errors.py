"""What orders refuse."""

from __future__ import annotations

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


class OrderClaimed(DomainError):
    """Another employee is picking it; `details.picker` is their name."""

    code = "ORDER_CLAIMED"
    message = _("Somebody else is already picking this order.")

"""What orders refuse."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


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


class OrderNotReady(DomainError):
    """It is no pickup that waits for its customer; `details.status` says how it stands."""

    code = "ORDER_NOT_READY"
    message = _("This order is not ready to be collected yet.")


class OrderNeedsManager(DomainError):
    """Its customer has lost the shop several charges as fraud: a manager begins it, or cancels it."""

    code = "ORDER_NEEDS_MANAGER"
    message = _(
        "A manager has to begin this order: earlier charges of its customer were contested."
    )


class OwnOrder(DomainError):
    """Staff do not handle what they bought themselves, whatever their role."""

    code = "OWN_ORDER"
    status = 403
    message = _("This is your own order: somebody else has to handle it.")


class ChargeRefused(DomainError):
    """The provider refused to charge, so the goods stay; `details.reason` is its word."""

    code = "CHARGE_REFUSED"
    message = _(
        "The money could not be charged, so the order stays here. Its customer was asked to pay."
    )


class OrderTooLarge(DomainError):
    """The order would cost more than the shop takes at once; `details.limit` in ₪."""

    code = "ORDER_TOO_LARGE"
    message = _("This is more than we can take in one order. Please split it in two.")


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


class PickOvertaken(DomainError):
    """The line has had another answer than the one its new answer was given to.

    `details.item`: `id`, `version`, `picked_status`, `picked_quantity` and `answered_by`, a name.
    """

    code = "ANSWER_OVERTAKEN"
    message = _("Somebody answered this line in the meantime. Please look at it again.")


class QuestionClosed(DomainError):
    """It was answered, or its time is over; `details.status` says which."""

    code = "QUESTION_CLOSED"
    message = _("This question is closed: it was answered, or the time to answer is over.")


class OrderNotChangeable(DomainError):
    """Too late for that change; `details.reason` is PICKING, CUTOFF, LEFT or CANCELED."""

    code = "ORDER_NOT_CHANGEABLE"
    message = _("This order can no longer be changed.")
    REASONS = {
        "PICKING": _("This order is already being packed, so it cannot be changed any more."),
        "CUTOFF": _("The time for changes of this order is over."),
        "LEFT": _("This order has left the shop, so it cannot be changed any more."),
        "CANCELED": _("This order is cancelled."),
    }

    def __init__(self, *, reason: str, **details: Any) -> None:
        super().__init__(str(self.REASONS[reason]), reason=reason, **details)


class OrderChanged(DomainError):
    """It is not as the caller saw it, or being changed; `details.version` is what it is now."""

    code = "ORDER_CHANGED"
    message = _("The order has changed since you last looked. Please look at it again.")


class OrderBeingChanged(DomainError):
    """Its customer is changing it just now; `details.retry_after` in seconds."""

    code = "ORDER_BEING_CHANGED"
    message = _("This order is being changed right now. Try again in a moment.")


class ExceedsHold(DomainError):
    """Staff made it dearer than what is held, and the customer left no card for that.

    `details.authorized` is what is held, in ₪.
    """

    code = "EXCEEDS_HOLD"
    message = _("That costs more than is held. Ask the customer to agree to it.")


class OrderClaimed(DomainError):
    """Another employee is picking it; `details.picker` is their name."""

    code = "ORDER_CLAIMED"
    message = _("Somebody else is already picking this order.")


class RefundExceedsLine(DomainError):
    """More is asked back of a line, the fee or a charge than is left of it.

    `details`: `item_id` (null for the fee), `refundable_quantity`, `refundable` (₪).
    """

    code = "REFUND_EXCEEDS_LINE"
    message = _("That is more than is left of this line to give back.")


class OrderNotDelivered(DomainError):
    """Only of a delivered order it can be said that something was wrong; `details.status`."""

    code = "ORDER_NOT_DELIVERED"
    message = _("This order has not arrived yet.")


class ProblemTooLate(DomainError):
    """The days in which something may be reported are over; `details.days` is how many they are."""

    code = "PROBLEM_TOO_LATE"
    message = _("The time to report something about this order is over. Please call us.")


class ProblemDecided(DomainError):
    """Somebody decided about it already; `details.status` says how."""

    code = "PROBLEM_DECIDED"
    message = _("This report was decided already.")

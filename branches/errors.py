"""What branches and slots refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class InvalidSlot(DomainError):
    """The slot is no two-hour window of ours, or does not fit the date or the branch."""

    code = "INVALID_SLOT"
    status = 400
    message = _("That time is not one of our delivery windows. Please choose another.")


class SlotFull(DomainError):
    """Every place of the window on that date is taken or kept."""

    code = "SLOT_FULL"
    message = _("That window has just filled up. Please choose another.")


class SlotClosed(DomainError):
    """Ordering for the window has ended, or the branch is closed then."""

    code = "SLOT_CLOSED"
    message = _("That window takes no more orders. Please choose a later one.")


class BranchClosed(DomainError):
    """The branch does not open within the next eight days."""

    code = "BRANCH_CLOSED"
    message = _("This branch is closed for the coming days. Please choose another one.")


class SlotOverlap(DomainError):
    code = "SLOT_OVERLAP"
    message = _("Another window of this branch covers part of that time.")


class DuplicateBranchName(DomainError):
    code = "DUPLICATE_NAME"
    message = _("Another branch already has that name.")


class DeliverySourceRequired(DomainError):
    """Deliveries must leave from an active branch, and so must those of each delivery area."""

    code = "DELIVERY_SOURCE_REQUIRED"
    message = _("Deliveries leave from this branch, so it must stay open.")


class DuplicateAreaName(DomainError):
    code = "DUPLICATE_NAME"
    message = _("Another delivery area already has that name.")


class LocalityTaken(DomainError):
    """Another active area serves one of the localities; `details.codes` names them."""

    code = "LOCALITY_TAKEN"
    message = _("Another delivery area already serves some of these places.")


class AreaNotServed(DomainError):
    """The shop does not deliver to `details.city`."""

    code = "AREA_NOT_SERVED"
    message = _("We do not deliver to this place yet. You can pick up your order at a branch.")


class SameDayNotServed(DomainError):
    """The area is not served on the day of the order; from `details.earliest_date` on it is."""

    code = "SAME_DAY_NOT_SERVED"
    message = _("To this place we do not deliver on the same day. Please choose a later one.")

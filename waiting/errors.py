"""What waiting refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class AlreadyAvailable(DomainError):
    code = "ALREADY_AVAILABLE"
    message = _("There is no need to wait: it can be had right now.")


class AlreadyWaiting(DomainError):
    code = "ALREADY_WAITING"
    message = _("You are waiting for this already.")


class WaitingLimit(DomainError):
    """`details.limit`."""

    code = "WAITING_LIMIT"
    message = _("That is as many things as one can wait for. Take one off your list first.")


class OfferOver(DomainError):
    """Nothing is offered: not yet, not any more, or somebody else was quicker."""

    code = "OFFER_OVER"
    message = _("This offer is over.")

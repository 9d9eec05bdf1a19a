"""What standing orders refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class StandingOrderLimit(DomainError):
    """`details.limit`."""

    code = "STANDING_ORDER_LIMIT"
    message = _(
        "That is as many standing orders as an account keeps. End one that you do not need."
    )


class StandingOrderEnded(DomainError):
    code = "STANDING_ORDER_ENDED"
    message = _("This standing order has ended.")


class OccurrenceClosed(DomainError):
    """`details.state`."""

    code = "OCCURRENCE_CLOSED"
    message = _("It is too late for that: this date is already settled.")


class PriceRiseNotAccepted(DomainError):
    """`details.percent`, with two decimals."""

    code = "PRICE_RISE_NOT_ACCEPTED"
    message = _("Prices rose by more than you allowed. Please accept them first.")

"""What the money side refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class CardNumberRefused(DomainError):
    """A card number came where a provider's token belongs; it is neither kept nor passed on."""

    code = "CARD_NUMBER_REFUSED"
    status = 400
    message = _("Card numbers never pass through the shop. Please add the card again.")


class PaymentRequired(DomainError):
    code = "PAYMENT_REQUIRED"
    status = 400
    message = _("Please choose a card to pay with.")


class PaymentTokenNotFound(DomainError):
    code = "PAYMENT_TOKEN_NOT_FOUND"
    status = 404
    message = _("We could not find that card among yours.")


class PaymentDeclined(DomainError):
    """`details.reason` is the provider's word."""

    code = "PAYMENT_DECLINED"
    status = 402
    message = _("The card was declined and nothing was charged. Please try another card.")


class PaymentActionRequired(DomainError):
    """`details.redirect_url` is where the cardholder confirms; `order_number` what it will be.

    Afterwards the same key tells the outcome. Another key gives this attempt up.
    """

    is_repeated = False
    """Whether the same key had been told so before: asking how it went is no new attempt."""
    code = "PAYMENT_ACTION_REQUIRED"
    status = 402
    message = _("Your bank asks you to confirm this payment.")


class PaymentPending(DomainError):
    code = "PAYMENT_PENDING"
    status = 409
    message = _(
        "The bank has not answered yet. Your order is kept; we will know within half a minute."
    )


class PaymentUnavailable(DomainError):
    code = "PAYMENT_UNAVAILABLE"
    status = 503
    message = _("Card payment cannot be reached right now. Nothing was charged; please try again.")


class PaymentNotHeld(DomainError):
    """The money is not (or no longer) held, so it cannot be taken or released, and nobody picks or
    hands over what it is for; `details.payment_status` says what it is instead."""

    code = "PAYMENT_NOT_HELD"
    status = 409
    message = _("The money of this order is not held, so it can be neither picked nor handed over.")


class PaymentClosed(DomainError):
    """Charged, cancelled, free, or past the time to pay."""

    code = "PAYMENT_CLOSED"
    message = _("This order cannot be paid here any more.")


class PaymentAlreadyHeld(DomainError):
    code = "PAYMENT_ALREADY_HELD"
    message = _("The money of this order is held already.")


class AlreadyAsked(DomainError):
    """The customer got a letter within the last ten minutes; `Retry-After` says when to ask again."""

    code = "ALREADY_ASKED"
    message = _("The customer was asked a few minutes ago. Give them a moment.")


class CaptureExceedsAuthorization(DomainError):
    code = "CAPTURE_EXCEEDS_AUTHORIZATION"
    status = 409
    message = _("No more may be charged than the customer agreed to.")


class RefundExceedsCapture(DomainError):
    """`details.refundable` is what may still be given back."""

    code = "REFUND_EXCEEDS_CAPTURE"
    status = 409
    message = _("That is more than can still be refunded.")


class RefundKeyReused(DomainError):
    """The key of an earlier refund came with another amount or payment."""

    code = "IDEMPOTENCY_KEY_REUSE_MISMATCH"
    status = 409
    message = _("This request was already used for another refund.")


class WebhookRefused(DomainError):
    """The signature is not the provider's, is too old, or what it signs is no event."""

    code = "WEBHOOK_REFUSED"
    status = 400
    message = _("This message does not come from the payment provider.")


class DisputeClosed(DomainError):
    """The dispute was answered, accepted or decided; `details.status` is what it is now."""

    code = "DISPUTE_CLOSED"
    status = 409
    message = _("This dispute was answered, accepted or decided already.")

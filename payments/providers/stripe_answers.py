"""What Stripe's answers mean in the words of the port, and how ours are said to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
import stripe
import structlog
from django.conf import settings
from urllib3.exceptions import NewConnectionError

from core.money import HUNDRED, shekels
from payments.provider import (
    Card,
    Declined,
    KeptCard,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
)

if TYPE_CHECKING:
    pass

log = structlog.get_logger(__name__)

log = structlog.get_logger(__name__)

CURRENCY = "ils"
KEY = "idempotency_key"


@contextmanager
def translated() -> Iterator[None]:
    """The SDK's exceptions as the port's. Nothing of a message is passed on: only codes."""
    try:
        yield
    except stripe.CardError as error:
        code = getattr(error.error, "decline_code", None) or error.code
        raise Declined(str(code or "card_declined")[:60]) from None
    except stripe.IdempotencyError:
        raise ProviderRefused("idempotency_key_reused") from None
    except stripe.APIConnectionError as error:
        if never_left(error.__cause__):
            raise ProviderUnreachable(type(error.__cause__).__name__) from None
        raise ProviderTimeout(type(error.__cause__).__name__) from None
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("stripe_refuses_our_key", code=error.code)
        raise ProviderUnreachable("not authorised") from None
    except stripe.RateLimitError:
        raise ProviderUnreachable("rate limited") from None
    except stripe.InvalidRequestError as error:
        if error.http_status == 409:  # the same key is being worked on
            raise ProviderTimeout("in progress", isolated=True) from None
        raise ProviderRefused(str(error.code or "invalid_request")[:60]) from None
    except stripe.StripeError as error:
        raise ProviderTimeout(f"answer {error.http_status}") from None


def never_left(cause: BaseException | None) -> bool:
    """Whether a connection was never made, so that nothing can have happened."""
    if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return isinstance(reason, NewConnectionError)


def return_url(metadata: Mapping[str, str]) -> str:
    """Where the cardholder's bank sends them afterwards."""
    number = metadata.get("order_number", "")
    return f"{settings.SITE_URL}/checkout/return/?{urlencode({'order': number})}"


def with_key(key: str) -> stripe.RequestOptions:
    return {"idempotency_key": key}


def token_parts(token: str) -> tuple[str, str]:
    """Customer and payment method of a token; a card not kept has no customer."""
    customer, separator, method = token.partition("|")
    return (customer, method) if separator else ("", token)


def key_of(thing: stripe.PaymentIntent | stripe.SetupIntent | stripe.Refund) -> str:
    """The idempotency key that we put into its metadata, or an empty string."""
    return str(getattr(thing.metadata, KEY, "") or "")


def card_of(method: Any) -> Card:
    card = getattr(method, "card", None)
    if card is None:
        return Card()
    return Card(
        brand=str(card.brand)[:20],
        last4=str(card.last4)[:4],
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


def kept_card(intent: Any) -> KeptCard | None:
    """The card, when it was asked to stay with its customer."""
    method = intent.payment_method
    if not getattr(intent, "setup_future_usage", None) or not intent.customer or method is None:
        return None
    return KeptCard(token=f"{intent.customer}|{method.id}", card=card_of(method))


def decline_of(intent: stripe.PaymentIntent) -> str:
    error = intent.last_payment_error
    if error is None:
        return "card_declined"
    return str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "")[:60]


def setup_decline_of(intent: stripe.SetupIntent) -> str:
    error = intent.last_setup_error
    code = getattr(error, "decline_code", None) or getattr(error, "code", None)
    return str(code or "card_declined")[:60]


def expiry_of(intent: stripe.PaymentIntent) -> dt.datetime | None:
    """Until when the charge may be captured, where Stripe says so."""
    details = getattr(intent.latest_charge, "payment_method_details", None)
    before = getattr(getattr(details, "card", None), "capture_before", None)
    return None if before is None else dt.datetime.fromtimestamp(before, tz=dt.UTC)


def redirect_of(intent: stripe.PaymentIntent | stripe.SetupIntent) -> str:
    action: Any = intent.next_action
    target = getattr(action, "redirect_to_url", None) if action is not None else None
    return str(getattr(target, "url", "") or "")


def agorot_of(amount: Decimal) -> int:
    return int(shekels(amount) * HUNDRED)


def shekels_of(agorot: int) -> Decimal:
    return shekels(Decimal(agorot) / HUNDRED)

"""The payment provider Stripe: PaymentIntents with manual capture, through the official SDK.

Only tokens pass (`pm_…`); card numbers are typed at Stripe. A kept card is a payment method
attached to a customer there, and is stored with us as `cus_…|pm_…`. Every request carries our
idempotency key, and the PaymentIntent and refunds carry it in their metadata too, so that they are
found again after Stripe has forgotten the key (a day) or a reference was never received.

The SDK's own retries are off: what may be repeated is decided by `payments.services`.
"""

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

from mami.money import HUNDRED, shekels
from payments.provider import (
    ActionRequired,
    Authorised,
    Card,
    Declined,
    HoldStatus,
    KeptCard,
    ProviderRefused,
    ProviderState,
    ProviderTimeout,
    ProviderUnreachable,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams, PaymentIntentListParams
    from stripe.params.checkout import SessionCreateParams

log = structlog.get_logger(__name__)

CURRENCY = "ils"
KEY = "idempotency_key"
# How far around its opening a payment without a reference is looked for.
EARLIER, LATER = dt.timedelta(minutes=2), dt.timedelta(minutes=15)

STATUSES = {
    "requires_capture": HoldStatus.HELD,
    "succeeded": HoldStatus.CAPTURED,
    "canceled": HoldStatus.VOIDED,
    "requires_action": HoldStatus.ACTION_REQUIRED,
    "processing": HoldStatus.PROCESSING,
    "requires_payment_method": HoldStatus.DECLINED,
    "requires_confirmation": HoldStatus.DECLINED,
}


class Stripe:
    """The provider port over Stripe's API. `http_client` may be given by tests."""

    name = "stripe"

    def __init__(self, *, http_client: stripe.HTTPClient | None = None) -> None:
        self._client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None,
            http_client=http_client
            or stripe.RequestsClient(timeout=settings.PAYMENT_TIMEOUT_SECONDS),
            max_network_retries=0,
        )

    def authorize(
        self,
        *,
        amount: Decimal,
        token: str,
        idempotency_key: str,
        metadata: Mapping[str, str],
        keep_for: int | None = None,
    ) -> Authorised:
        customer, method = _parts(token)
        params: PaymentIntentCreateParams = {
            "amount": _agorot(amount),
            "currency": CURRENCY,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "return_url": _return_url(metadata),
            "metadata": {**metadata, KEY: idempotency_key},
            "expand": ["payment_method"],
        }
        if keep_for is not None and not customer:
            customer = self._customer(keep_for)
            params["setup_future_usage"] = "off_session"
        if customer:
            params["customer"] = customer
        with _translated():
            intent = self._client.v1.payment_intents.create(params, _options(idempotency_key))
        self._check_held(intent)
        card = _card(intent.payment_method)
        kept = None
        if keep_for is not None:
            kept = KeptCard(token=f"{customer}|{method}", card=card)
        return Authorised(reference=intent.id, amount=amount, card=card, kept=kept)

    def find(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        with _translated():
            if not reference:
                reference = self._search(idempotency_key, since)
            if not reference:
                return None
            intent = self._client.v1.payment_intents.retrieve(
                reference, {"expand": ["payment_method"]}
            )
            return self._state(intent)

    def capture(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        with _translated():
            self._client.v1.payment_intents.capture(
                reference, {"amount_to_capture": _agorot(amount)}, _options(idempotency_key)
            )

    def void(self, *, reference: str, idempotency_key: str) -> None:
        with _translated():
            self._client.v1.payment_intents.cancel(reference, {}, _options(idempotency_key))

    def refund(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        with _translated():
            self._client.v1.refunds.create(
                {
                    "payment_intent": reference,
                    "amount": _agorot(amount),
                    "metadata": {KEY: idempotency_key},
                },
                _options(idempotency_key),
            )

    def keep(self, *, token: str, user_id: int) -> KeptCard:
        if not token.startswith("pm_"):
            raise ProviderRefused("unknown_token")
        customer = self._customer(user_id)
        try:
            with _translated():
                method = self._client.v1.payment_methods.attach(token, {"customer": customer})
        except Declined as declined:
            raise ProviderRefused(declined.reason) from None
        return KeptCard(token=f"{customer}|{method.id}", card=_card(method))

    def forget(self, *, token: str) -> None:
        customer, method = _parts(token)
        if customer:
            with _translated():
                self._client.v1.payment_methods.detach(method)

    def begin_card(self, *, user_id: int, return_url: str, cancel_url: str) -> str:
        params: SessionCreateParams = {
            "mode": "setup",
            "allowed_payment_method_types": ["card"],
            "customer": self._customer(user_id),
            "success_url": return_url,
            "cancel_url": cancel_url,
            "metadata": {"user_id": str(user_id)},
        }
        with _translated():
            session = self._client.v1.checkout.sessions.create(params)
        if not session.url:
            raise ProviderTimeout("a session without an address", isolated=True)
        return session.url

    def finish_card(self, *, user_id: int, session: str) -> KeptCard:
        with _translated():
            found = self._client.v1.checkout.sessions.retrieve(
                session, {"expand": ["setup_intent.payment_method"]}
            )
        owner = str(getattr(found.metadata, "user_id", ""))
        if found.mode != "setup" or found.status != "complete" or owner != str(user_id):
            raise ProviderRefused("not_a_finished_session_of_theirs")
        intent: Any = found.setup_intent
        method = getattr(intent, "payment_method", None)
        if method is None or intent.status != "succeeded":
            raise ProviderRefused("no_card_was_added")
        return KeptCard(token=f"{found.customer}|{method.id}", card=_card(method))

    # -- what the answers mean ---------------------------------------------------------------

    def _customer(self, user_id: int) -> str:
        """Who the kept card belongs to at Stripe. No name, no address: our key is enough."""
        try:
            with _translated():
                customer = self._client.v1.customers.create(
                    {"metadata": {"user_id": str(user_id)}}, _options(f"customer:{user_id}")
                )
        except ProviderTimeout as failure:
            raise ProviderUnreachable(str(failure)) from None  # no money was asked for yet
        return customer.id

    def _check_held(self, intent: stripe.PaymentIntent) -> None:
        """Anything but a held amount is one of the port's exceptions."""
        status = STATUSES.get(intent.status, HoldStatus.PROCESSING)
        if status is HoldStatus.ACTION_REQUIRED:
            raise ActionRequired(reference=intent.id, redirect_url=_redirect(intent))
        if status is HoldStatus.DECLINED:
            raise Declined(_decline(intent))
        if status is not HoldStatus.HELD:
            raise ProviderTimeout(f"authorisation is {intent.status}", isolated=True)

    def _search(self, key: str, since: dt.datetime) -> str:
        """The reference of the PaymentIntent that carries `key`, or an empty string."""
        window: PaymentIntentListParams = {
            "created": {
                "gte": int((since - EARLIER).timestamp()),
                "lte": int((since + LATER).timestamp()),
            },
            "limit": 100,
        }
        page = self._client.v1.payment_intents.list(window)
        for intent in page.auto_paging_iter():
            if _key_of(intent) == key:
                return intent.id
        return ""

    def _state(self, intent: stripe.PaymentIntent) -> ProviderState:
        status = STATUSES.get(intent.status, HoldStatus.PROCESSING)
        captured = intent.amount_received if status is HoldStatus.CAPTURED else 0
        held = status in (HoldStatus.HELD, HoldStatus.CAPTURED)
        return ProviderState(
            reference=intent.id,
            status=status,
            authorized=_shekels(intent.amount if held else 0),
            captured=_shekels(captured),
            refunds=self._refunds(intent.id) if captured else {},
            card=_card(intent.payment_method),
            reason=_decline(intent) if status is HoldStatus.DECLINED else "",
            redirect_url=_redirect(intent),
            kept=_kept(intent) if held else None,
        )

    def _refunds(self, reference: str) -> dict[str, Decimal]:
        page = self._client.v1.refunds.list({"payment_intent": reference, "limit": 100})
        return {
            _key_of(refund) or refund.id: _shekels(refund.amount)
            for refund in page.auto_paging_iter()
            if refund.status not in ("failed", "canceled")
        }


@contextmanager
def _translated() -> Iterator[None]:
    """The SDK's exceptions as the port's. Nothing of a message is passed on: only codes."""
    try:
        yield
    except stripe.CardError as error:
        code = getattr(error.error, "decline_code", None) or error.code
        raise Declined(str(code or "card_declined")[:60]) from None
    except stripe.IdempotencyError:
        raise ProviderRefused("idempotency_key_reused") from None
    except stripe.APIConnectionError as error:
        if _never_left(error.__cause__):
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


def _never_left(cause: BaseException | None) -> bool:
    """Whether a connection was never made, so that nothing can have happened."""
    if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    return isinstance(reason, NewConnectionError)


def _return_url(metadata: Mapping[str, str]) -> str:
    """Where the cardholder's bank sends them afterwards."""
    number = metadata.get("order_number", "")
    return f"{settings.SITE_URL}/checkout/return/?{urlencode({'order': number})}"


def _options(key: str) -> stripe.RequestOptions:
    return {"idempotency_key": key}


def _parts(token: str) -> tuple[str, str]:
    """Customer and payment method of a token; a card not kept has no customer."""
    customer, separator, method = token.partition("|")
    return (customer, method) if separator else ("", token)


def _key_of(thing: stripe.PaymentIntent | stripe.Refund) -> str:
    """The idempotency key that we put into its metadata, or an empty string."""
    return str(getattr(thing.metadata, KEY, "") or "")


def _card(method: Any) -> Card:
    card = getattr(method, "card", None)
    if card is None:
        return Card()
    return Card(
        brand=str(card.brand)[:20],
        last4=str(card.last4)[:4],
        exp_month=card.exp_month,
        exp_year=card.exp_year,
    )


def _kept(intent: Any) -> KeptCard | None:
    """The card, when it was asked to stay with its customer."""
    method = intent.payment_method
    if not getattr(intent, "setup_future_usage", None) or not intent.customer or method is None:
        return None
    return KeptCard(token=f"{intent.customer}|{method.id}", card=_card(method))


def _decline(intent: stripe.PaymentIntent) -> str:
    error = intent.last_payment_error
    if error is None:
        return "card_declined"
    return str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "")[:60]


def _redirect(intent: stripe.PaymentIntent) -> str:
    action = intent.next_action
    target = getattr(action, "redirect_to_url", None) if action is not None else None
    return str(getattr(target, "url", "") or "")


def _agorot(amount: Decimal) -> int:
    return int(shekels(amount) * HUNDRED)


def _shekels(agorot: int) -> Decimal:
    return shekels(Decimal(agorot) / HUNDRED)

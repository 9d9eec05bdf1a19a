"""The payment provider Stripe: PaymentIntents with manual capture, through the official SDK.

Only tokens pass (`pm_…`); card numbers are typed at Stripe. A kept card is a payment method
attached to a customer there, and is stored with us as `cus_…|pm_…`. Every request carries our
idempotency key, and the PaymentIntent and refunds carry it in their metadata too, so that they are
found again after Stripe has forgotten the key (a day) or a reference was never received.

The SDK's own retries are off: what may be repeated is decided by `payments.services`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests
import stripe
import structlog
from django.conf import settings

from payments.provider import (
    ActionRequired,
    Authorised,
    Declined,
    HoldStatus,
    KeptCard,
    ProviderRefused,
    ProviderState,
    ProviderTimeout,
    ProviderUnreachable,
)
from payments.providers.stripe_answers import (
    CURRENCY,
    KEY,
    agorot_of,
    card_of,
    decline_of,
    expiry_of,
    kept_card,
    key_of,
    redirect_of,
    return_url,
    setup_decline_of,
    shekels_of,
    token_parts,
    translated,
    with_key,
)
from payments.providers.stripe_disputes import StripeDisputes

if TYPE_CHECKING:
    from stripe.params import (
        PaymentIntentCreateParams,
        PaymentIntentListParams,
        SetupIntentCreateParams,
    )
    from stripe.params.checkout import SessionCreateParams

log = structlog.get_logger(__name__)

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


SETUP_STATUSES = {
    "succeeded": HoldStatus.HELD,
    "canceled": HoldStatus.VOIDED,
    "requires_action": HoldStatus.ACTION_REQUIRED,
    "processing": HoldStatus.PROCESSING,
    "requires_payment_method": HoldStatus.DECLINED,
    "requires_confirmation": HoldStatus.DECLINED,
}


class Straight(requests.Session):
    """Goes nowhere else, whatever an answer says: our key and a person's card are for one address."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{**kwargs, "allow_redirects": False})


class Stripe(StripeDisputes):
    """The provider port over Stripe's API. `http_client` may be given by tests."""

    name = "stripe"

    def __init__(self, *, http_client: stripe.HTTPClient | None = None) -> None:
        base = settings.STRIPE_API_BASE
        self._client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": base, "files": base} if base else None,
            http_client=http_client
            or stripe.RequestsClient(timeout=settings.PAYMENT_TIMEOUT_SECONDS, session=Straight()),
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
        off_session: bool = False,
    ) -> Authorised:
        customer, method = token_parts(token)
        params: PaymentIntentCreateParams = {
            "amount": agorot_of(amount),
            "currency": CURRENCY,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            "return_url": return_url(metadata),
            "metadata": {**metadata, KEY: idempotency_key},
            "expand": ["payment_method", "latest_charge"],
        }
        if off_session:
            params["off_session"] = True
        if keep_for is not None and not customer:
            customer = self._customer(keep_for)
            params["setup_future_usage"] = "off_session"
        if customer:
            params["customer"] = customer
        with translated():
            intent = self._client.v1.payment_intents.create(params, with_key(idempotency_key))
        if off_session and STATUSES.get(intent.status) is HoldStatus.ACTION_REQUIRED:
            raise Declined("authentication_required")  # nobody is there to be sent to the bank
        self._check_held(intent)
        card = card_of(intent.payment_method)
        kept = None
        if keep_for is not None:
            kept = KeptCard(token=f"{customer}|{method}", card=card)
        return Authorised(
            reference=intent.id, amount=amount, card=card, kept=kept, expires_at=expiry_of(intent)
        )

    def verify(
        self, *, token: str, user_id: int, idempotency_key: str, metadata: Mapping[str, str]
    ) -> KeptCard:
        customer, method = token_parts(token)
        customer = customer or self._customer(user_id)
        params: SetupIntentCreateParams = {
            "customer": customer,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "usage": "off_session",
            "confirm": True,
            "return_url": return_url(metadata),
            "metadata": {**metadata, KEY: idempotency_key},
            "expand": ["payment_method"],
        }
        with translated():
            intent = self._client.v1.setup_intents.create(params, with_key(idempotency_key))
        if intent.status == "requires_action":
            raise ActionRequired(reference=intent.id, redirect_url=redirect_of(intent))
        if intent.status != "succeeded":
            raise Declined(setup_decline_of(intent))
        return KeptCard(token=f"{customer}|{method}", card=card_of(intent.payment_method))

    def find_verified(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        with translated():
            if not reference:
                reference = self._search_setup(idempotency_key, since)
            if not reference:
                return None
            intent = self._client.v1.setup_intents.retrieve(
                reference, {"expand": ["payment_method"]}
            )
        status = SETUP_STATUSES.get(intent.status, HoldStatus.PROCESSING)
        card, kept = card_of(intent.payment_method), None
        if status is HoldStatus.HELD:
            method: Any = intent.payment_method
            kept = KeptCard(token=f"{intent.customer}|{method.id}", card=card)
        return ProviderState(
            reference=intent.id,
            status=status,
            authorized=shekels_of(0),
            captured=shekels_of(0),
            refunds={},
            card=card,
            reason=setup_decline_of(intent) if status is HoldStatus.DECLINED else "",
            redirect_url=redirect_of(intent),
            kept=kept,
        )

    def find(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        with translated():
            if not reference:
                reference = self._search(idempotency_key, since)
            if not reference:
                return None
            intent = self._client.v1.payment_intents.retrieve(
                reference, {"expand": ["payment_method", "latest_charge"]}
            )
            return self._state(intent)

    def capture(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        with translated():
            self._client.v1.payment_intents.capture(
                reference, {"amount_to_capture": agorot_of(amount)}, with_key(idempotency_key)
            )

    def void(self, *, reference: str, idempotency_key: str) -> None:
        with translated():
            if reference.startswith("seti_"):
                self._client.v1.setup_intents.cancel(reference, {}, with_key(idempotency_key))
                return
            self._client.v1.payment_intents.cancel(reference, {}, with_key(idempotency_key))

    def refund(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        with translated():
            self._client.v1.refunds.create(
                {
                    "payment_intent": reference,
                    "amount": agorot_of(amount),
                    "metadata": {KEY: idempotency_key},
                },
                with_key(idempotency_key),
            )

    def keep(self, *, token: str, user_id: int) -> KeptCard:
        if not token.startswith("pm_"):
            raise ProviderRefused("unknown_token")
        customer = self._customer(user_id)
        try:
            with translated():
                method = self._client.v1.payment_methods.attach(token, {"customer": customer})
        except Declined as declined:
            raise ProviderRefused(declined.reason) from None
        return KeptCard(token=f"{customer}|{method.id}", card=card_of(method))

    def forget(self, *, token: str) -> None:
        customer, method = token_parts(token)
        if customer:
            with translated():
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
        with translated():
            session = self._client.v1.checkout.sessions.create(params)
        if not session.url:
            raise ProviderTimeout("a session without an address", isolated=True)
        return session.url

    def finish_card(self, *, user_id: int, session: str) -> KeptCard:
        with translated():
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
        return KeptCard(token=f"{found.customer}|{method.id}", card=card_of(method))

    # -- what the answers mean ---------------------------------------------------------------

    def _customer(self, user_id: int) -> str:
        """Who the kept card belongs to at Stripe. No name, no address: our key is enough."""
        try:
            with translated():
                customer = self._client.v1.customers.create(
                    {"metadata": {"user_id": str(user_id)}}, with_key(f"customer:{user_id}")
                )
        except ProviderTimeout as failure:
            raise ProviderUnreachable(str(failure)) from None  # no money was asked for yet
        return customer.id

    def _check_held(self, intent: stripe.PaymentIntent) -> None:
        """Anything but a held amount is one of the port's exceptions."""
        status = STATUSES.get(intent.status, HoldStatus.PROCESSING)
        if status is HoldStatus.ACTION_REQUIRED:
            raise ActionRequired(reference=intent.id, redirect_url=redirect_of(intent))
        if status is HoldStatus.DECLINED:
            raise Declined(decline_of(intent))
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
            if key_of(intent) == key:
                return intent.id
        return ""

    def _search_setup(self, key: str, since: dt.datetime) -> str:
        """The reference of the SetupIntent that carries `key`, or an empty string."""
        page = self._client.v1.setup_intents.list(
            {
                "created": {
                    "gte": int((since - EARLIER).timestamp()),
                    "lte": int((since + LATER).timestamp()),
                },
                "limit": 100,
            }
        )
        for intent in page.auto_paging_iter():
            if key_of(intent) == key:
                return intent.id
        return ""

    def _state(self, intent: stripe.PaymentIntent) -> ProviderState:
        status = STATUSES.get(intent.status, HoldStatus.PROCESSING)
        captured = intent.amount_received if status is HoldStatus.CAPTURED else 0
        held = status in (HoldStatus.HELD, HoldStatus.CAPTURED)
        return ProviderState(
            reference=intent.id,
            status=status,
            authorized=shekels_of(intent.amount if held else 0),
            captured=shekels_of(captured),
            refunds=self._refunds(intent.id) if captured else {},
            card=card_of(intent.payment_method),
            reason=decline_of(intent) if status is HoldStatus.DECLINED else "",
            redirect_url=redirect_of(intent),
            kept=kept_card(intent) if held else None,
            expires_at=expiry_of(intent) if status is HoldStatus.HELD else None,
        )

    def _refunds(self, reference: str) -> dict[str, Decimal]:
        page = self._client.v1.refunds.list({"payment_intent": reference, "limit": 100})
        return {
            key_of(refund) or refund.id: shekels_of(refund.amount)
            for refund in page.auto_paging_iter()
            if refund.status not in ("failed", "canceled")
        }

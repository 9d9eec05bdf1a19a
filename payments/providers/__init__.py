"""The providers by name. Importing this loads none of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.module_loading import import_string

from payments.breaker import Guarded
from payments.provider import Provider

ADAPTERS = {
    "sandbox": "payments.providers.sandbox.Sandbox",
    "stripe": "payments.providers.stripe.Stripe",
}

_made: dict[str, Provider] = {}


def provider(name: str) -> Provider:
    """The provider called `name`, behind its circuit breaker. Raises KeyError for an unknown name."""
    found = _made.get(name)
    if found is None:
        found = _made[name] = Guarded(import_string(ADAPTERS[name])())
    return found


def active_name() -> str:
    """The provider that new payments go to."""
    return str(settings.PAYMENT_PROVIDER)


@contextmanager
def using(adapter: Provider) -> Iterator[Provider]:
    """Answer for `adapter.name` with `adapter` inside the block: a clock or sleeper of one's own."""
    before = _made.get(adapter.name)
    _made[adapter.name] = adapter
    try:
        yield adapter
    finally:
        if before is None:
            _made.pop(adapter.name, None)
        else:
            _made[adapter.name] = before

"""`manage.py sandbox`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.conf import settings as shop_settings
from django.core.management import CommandError, call_command

from payments.models import ProviderEvent
from payments.provider import ProviderUnreachable
from payments.providers.sandbox_ledger import Ledger


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("sandbox", *arguments, stdout=out)
    return out.getvalue()


def test_the_books_in_short(captured):
    captured(taken="80")
    assert run() == (
        "weather: fine, 0 s more for each answer\n"
        "CAPTURE        1  ₪80.00\nHOLD           1  ₪100.00\n"
    )


def test_the_weather_changes_for_everybody(opened, sandbox):
    assert run("--weather", "down").startswith("weather: down")
    with pytest.raises(ProviderUnreachable):
        sandbox.keep(token="tok_visa", user_id=1)
    assert run("--weather", "fine").startswith("weather: fine")
    assert sandbox.keep(token="tok_visa", user_id=1)


def test_a_shop_with_a_real_provider_has_no_sandbox(settings):
    settings.PAYMENT_PROVIDER = "stripe"
    with pytest.raises(CommandError):
        run()
    with pytest.raises(CommandError):
        run("--latency", "-1")


def test_a_hold_runs_out_when_it_is_told_to(held) -> None:
    payment = held()
    run("--expire", payment.order_number)
    row = Ledger(shop_settings.SANDBOX_LEDGER).hold(key=payment.idempotency_key)
    assert (row["status"], row["reason"]) == ("VOIDED", "expired")
    news = ProviderEvent.objects.get()
    assert (news.provider, news.reference) == ("sandbox", payment.provider_reference)
    with pytest.raises(CommandError):
        run("--expire", payment.order_number)

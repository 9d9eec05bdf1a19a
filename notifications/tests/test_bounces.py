"""Letters that come back: told by the provider's signed post, and what the shop does about it."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from accounts.contact_models import MailProof
from accounts.models import User
from accounts.services import confirm_email
from accounts.services.bounces import MailFate, take_mail_fate
from accounts.services.mail_proofs import owe, secret_of
from audit.models import AuditEntry
from core import clock
from notifications import services
from notifications.models import Message
from notifications.tests.owing import NOON

PATH, KEY = "/webhooks/email/mailgun/", "s3cret"
_number = itertools.count(1)
HARD = {"event": "failed", "severity": "permanent"}
SOFT = {"event": "failed", "severity": "temporary"}


@pytest.fixture(autouse=True)
def _ours(settings: Any, db: None) -> None:
    settings.MAIL_PROVIDER, settings.MAIL_WEBHOOK_KEY = "mailgun", KEY
    cache.clear()


def told(email: str, event: dict[str, str], *, key: str = KEY, token: str = "") -> dict[str, Any]:
    """As Mailgun posts it."""
    token, stamp = token or f"token-{next(_number)}", str(int(time.time()))
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"token": token, "timestamp": stamp, "signature": digest},
        "event-data": {**event, "recipient": email, "timestamp": float(stamp)},
    }


def post(body: Any, path: str = PATH) -> int:
    text = body if isinstance(body, str) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(path, text, "application/json").status_code


def state(user: User) -> str:
    user.refresh_from_db()
    return user.email_state


@pytest.mark.parametrize("event", [HARD, {"event": "complained"}])
def test_a_letter_that_came_back_for_good(ada: User, event: dict[str, str]) -> None:
    assert post(told(ada.email.upper(), event)) == 200
    assert state(ada) == "BOUNCING"
    entry = AuditEntry.objects.get(entity_type="user", entity_id=str(ada.pk), action="UPDATE")
    assert entry.new_value == {"email_state": "BOUNCING"}
    client = Client()
    client.force_login(ada)
    for path in ("/en/", "/cart/", "/account/"):
        assert 'href="/account/email/"' in client.get(path).content.decode(), path
    assert "comes back" in client.get("/en/").content.decode()


def test_three_soft_ones_in_a_row(ada: User) -> None:
    again = told(ada.email, SOFT)
    for body in (again, again, again, told(ada.email, SOFT)):  # a repeated one counts once
        assert post(body) == 200
    assert state(ada) == "OK"
    post(told(ada.email, {"event": "delivered"}))
    for _ in range(2):
        post(told(ada.email, SOFT))
    assert state(ada) == "OK"
    post(told(ada.email, SOFT))
    assert state(ada) == "BOUNCING"
    post(told(ada.email, {"event": "delivered"}))
    assert state(ada) == "BOUNCING", "only a proof of the mailbox helps"


def test_what_is_not_the_providers_changes_nothing(ada: User, settings: Any) -> None:
    good = told(ada.email, HARD)
    forged = told(ada.email, HARD, key="other")
    assert post(forged) == post({**good, "signature": {}}) == post("{") == post("[]") == 403
    assert post({"signature": good["signature"]}) == post({**good, "event-data": []}) == 400
    assert post(good, "/webhooks/email/postmark/") == 404
    assert post("x" * 5_000_000) == 413
    assert Client().get(PATH).status_code == 405
    settings.MAIL_WEBHOOK_KEY = ""
    assert post(told(ada.email, HARD, key="")) == 403, "no key signs nothing"
    settings.MAIL_WEBHOOK_KEY = KEY
    assert state(ada) == "OK"
    assert post(told("nobody@mami.test", HARD)) == post(told("", HARD)) == 200


def owed(user: User, kind: str) -> set[str]:
    key = f"k{next(_number)}"
    with transaction.atomic():
        services.queue(user_id=user.pk, kind=kind, context={}, dedupe_key=key)
    return set(Message.objects.filter(dedupe_key=key).values_list("channel", flat=True))


def test_only_duty_goes_by_mail_and_an_sms_stands_in(ada: User) -> None:
    assert owed(ada, "order_delivered") == {"EMAIL"}
    take_mail_fate(email=ada.email, fate=MailFate.HARD)
    assert owed(ada, "order_delivered") == {"SMS"}
    assert owed(ada, "order_confirmed") == {"EMAIL"}
    services.switch_off(user_id=ada.pk, event="order_delivered", channel="SMS", now=NOON)
    assert owed(ada, "order_delivered") == set()
    User.objects.filter(pk=ada.pk).update(phone_verified=False)
    assert owed(ada, "out_for_delivery") == set()


def test_a_new_address_that_was_proved_is_good(ada: User) -> None:
    take_mail_fate(email=ada.email, fate=MailFate.HARD)
    owe(user=ada, kind=MailProof.Kind.CHANGE, email="new@mami.test", now=clock.now())
    User.objects.filter(pk=ada.pk).update(pending_email="new@mami.test")
    proof = MailProof.objects.latest("pk")
    confirm_email(token=secret_of(proof=proof), now=clock.now())
    assert state(ada) == "OK"
    assert ada.email == "new@mami.test"

"""The managers' screens of messages: the log with failures first, and how every event reads."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import person
from notifications.events import EVENTS
from notifications.models import Message

pytestmark = pytest.mark.django_db


def test_failures_stand_first_and_can_be_sent_again(client: Client) -> None:
    ada, mia = person(), person(role=Role.MANAGER)
    for state in ("FAILED", "SENT"):
        Message.objects.create(
            user=ada, kind="order_canceled", dedupe_key=state, state=state, failure="Timeout"
        )
    client.cookies["mami_language"] = "en"
    client.force_login(mia)
    page = client.get(reverse("ops:messages")).content.decode()
    assert page.index("failed</span>") < page.index("sent</span>")
    assert ada.email not in page
    assert page.count("Send it again: message") == 1
    failed = Message.objects.get(state="FAILED")
    resend = reverse("ops:message_resend", args=[failed.pk])
    assert client.post(resend).status_code == 302
    assert client.post(resend, follow=True).status_code == 200
    assert Message.objects.filter(dedupe_key=f"again:{failed.pk}").count() == 1
    only = client.get(reverse("ops:messages"), {"state": "SENT"}).content.decode()
    assert "Send it again" not in only


def test_the_preview_shows_every_event_in_a_sandboxed_frame(client: Client) -> None:
    client.force_login(person(role=Role.MANAGER))
    for event in EVENTS:
        page = client.get(reverse("ops:message_preview"), {"event": event})
        assert page.status_code == 200
        text = page.content.decode()
        for language in ("he", "en"):
            address = reverse("ops:message_letter", args=[event, language])
            assert f'src="{address}"' in text
            letter = client.get(address)
            assert letter.status_code == 200
            assert "default-src 'none'" in letter["Content-Security-Policy"]
            assert letter["X-Frame-Options"] == "SAMEORIGIN"
        assert "sandbox" in text
    assert client.get("/ops/messages/preview/nothing/he/").status_code == 404
    assert client.get("/ops/messages/preview/order_canceled/fr/").status_code == 404

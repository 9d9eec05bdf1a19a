"""The table of what a person is told, and the link that switches one off."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from notifications import services
from notifications.events import EVENTS
from notifications.models import Choice
from notifications.tests.owing import NOON, owe, rows
from notifications.unsubscribing import token_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, event in EVENTS.items():
        monkeypatch.setitem(EVENTS, name, replace(event, context="notifications.tests.owing.told"))


class TestOneClick:
    def test_mail_that_is_no_duty_says_how_to_stop_it(self, ada, mailoutbox):
        services.deliver(dedupe_key=owe(ada, "order_delivered"), now=NOON)
        services.deliver(dedupe_key=owe(ada, "order_canceled"), now=NOON)
        free, duty = mailoutbox
        link = free.extra_headers["List-Unsubscribe"].strip("<>")
        assert free.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in free.body
        assert link in free.alternatives[0].content
        assert "List-Unsubscribe" not in duty.extra_headers
        assert all(mail.extra_headers["Auto-Submitted"] == "auto-generated" for mail in mailoutbox)

    def test_a_post_alone_switches_off_and_a_look_does_not(self, ada):
        stranger = Client(enforce_csrf_checks=True)
        address = f"/u/{token_for(user_id=ada.pk, event='order_delivered')}/"
        shown = stranger.get(address)
        assert shown.status_code == 200
        words = shown.content.decode().split('class="greet"')[1].split("</p>")[0]
        assert str(EVENTS["order_delivered"].label) in words
        assert "only-wide" not in words, "which messages, on a phone too"
        assert not Choice.objects.exists()
        for _ in range(2):
            answer = stranger.post(address, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert Choice.objects.get().is_on is False
        assert rows(owe(ada, "order_delivered")) == {}

    @pytest.mark.parametrize("event", ["order_canceled", "nothing"])
    def test_a_forged_link_or_one_of_a_duty_is_not_there(self, ada, event):
        good = token_for(user_id=ada.pk, event="order_delivered")
        for token in (good[:-1], good + good, "x", token_for(user_id=ada.pk, event=event)):
            assert Client().post(f"/u/{token}/").status_code == 404
        assert not Choice.objects.exists()


class TestTheTable:
    def test_the_page_is_one_table_and_saves_what_differs(self, client, ada):
        client.force_login(ada)
        address = reverse("notifications:preferences")
        page = client.get(address).content.decode()
        assert page.count('role="switch"') == sum(len(one.channels) for one in EVENTS.values())
        ticked = {
            f"{event.name}-{channel}": "on"
            for event in EVENTS.values()
            for channel, on in event.channels.items()
            if on and event.name != "order_delivered"
        }
        bad = client.post(address, {**ticked, "quiet": "on", "begins": "22:00", "ends": "22:00"})
        assert bad.status_code == 422
        done = client.post(address, {**ticked, "quiet": "on", "begins": "21:30", "ends": "06:00"})
        assert done.status_code == 302
        (choice,) = Choice.objects.all()
        assert (choice.event, choice.channel, choice.is_on) == ("order_delivered", "EMAIL", False)
        assert services.hours_of(user_id=ada.pk) == (dt.time(21, 30), dt.time(6))

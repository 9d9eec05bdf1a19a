"""What goes out to whom, on which way, when: preferences, quiet hours, one click."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from accounts.tests.factories import person
from core.clock import SHOP_TZ
from notifications import events, services
from notifications.errors import Obsolete
from notifications.events import EVENTS, Event
from notifications.letters import compose, short_text
from notifications.models import Choice, Message
from notifications.quiet import DEFAULT, quiet_until
from notifications.sms.measure import measured
from notifications.tests.owing import MORNING, NIGHT, NOON, owe, rows
from orders.made_up_order import sample_context

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, event in EVENTS.items():
        monkeypatch.setitem(EVENTS, name, replace(event, context="notifications.tests.owing.told"))


class TestWhatIsOwed:
    def test_a_row_for_each_channel_that_is_on_and_none_for_others(self, ada):
        assert set(rows(owe(ada, "order_ready"))) == {"EMAIL", "SMS"}
        assert set(rows(owe(ada, "order_delivered"))) == {"EMAIL"}
        assert rows(owe(ada, "picking_started")) == {}
        Choice.objects.create(user=ada, event="picking_started", channel="SMS", is_on=True)
        Choice.objects.create(user=ada, event="order_ready", channel="SMS", is_on=False)
        Choice.objects.create(user=ada, event="order_ready", channel="EMAIL", is_on=False)
        assert set(rows(owe(ada, "picking_started"))) == {"SMS"}
        assert set(rows(owe(ada, "order_ready"))) == {"EMAIL"}, "mail of a duty is always on"

    @pytest.mark.parametrize(
        ("phone", "verified"), [("+972542234567", False), ("+97248550101", True), ("", False)]
    )
    def test_no_sms_to_what_is_no_proved_mobile(self, phone, verified):
        user = person(phone=phone, phone_verified=verified)
        assert set(rows(owe(user, "order_ready"))) == {"EMAIL"}


class TestQuietHours:
    @pytest.mark.parametrize(
        ("local", "until"),
        [
            ("2026-12-08 21:59", None),
            ("2026-12-08 22:00", "2026-12-09 05:00"),
            ("2026-12-09 06:59", "2026-12-09 05:00"),
            ("2026-12-09 07:00", None),
            # The nights in which the clock goes forward (27 March 2026) and back (25 October).
            ("2026-03-26 23:00", "2026-03-27 04:00"),
            ("2026-10-24 23:00", "2026-10-25 05:00"),
        ],
    )
    def test_they_end_at_seven_by_the_shops_clock(self, local, until):
        now = dt.datetime.fromisoformat(local).replace(tzinfo=SHOP_TZ)
        found = quiet_until(now=now, hours=DEFAULT)
        assert (found and f"{found.astimezone(dt.UTC):%Y-%m-%d %H:%M}") == until

    def test_what_can_wait_waits_and_what_cannot_does_not(self, ada, mailoutbox):
        late, duty = owe(ada, "order_delivered"), owe(ada, "order_canceled")
        assert services.deliver(dedupe_key=duty, now=NIGHT)
        assert not services.deliver(dedupe_key=late, now=NIGHT)
        assert len(mailoutbox) == 1
        message = Message.objects.get(dedupe_key=late)
        assert (message.state, message.send_after) == ("QUEUED", MORNING)
        assert not services.deliver(dedupe_key=late, now=MORNING - dt.timedelta(seconds=1))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'dedupe_key' = %s"
                " AND scheduled_at = %s",
                [late, MORNING],
            )
            assert cursor.fetchone()[0] == 1
        assert services.deliver(dedupe_key=late, now=MORNING)
        assert not services.deliver(dedupe_key=late, now=MORNING)
        assert len(mailoutbox) == 2

    def test_an_urgent_sms_wakes_and_one_of_a_duty_waits(self, ada, gateway, mailoutbox):
        urgent, duty = owe(ada, "order_ready"), owe(ada, "order_delayed")
        services.deliver(dedupe_key=urgent, now=NIGHT)
        services.deliver(dedupe_key=duty, now=NIGHT)
        assert rows(urgent) == {"EMAIL": "SENT", "SMS": "SENT"}
        assert rows(duty) == {"EMAIL": "SENT", "SMS": "QUEUED"}
        assert len(gateway.sent) == 1


@pytest.mark.parametrize("language", ["he", "en"])
@pytest.mark.parametrize("event", list(EVENTS.values()), ids=list(EVENTS))
def test_every_event_reads_in_both_languages_with_the_longest_names(event: Event, language: str):
    context = sample_context(event=event.name)
    letter = compose(
        event=event, context=context, language=language, to="a@mami.test", user_id=1, dedupe_key="k"
    )
    direction = "rtl" if language == "he" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in letter.html
    assert letter.subject
    if event.group == "NEWS":
        assert "Mami Supermarket" in letter.text or "מאמי סופרמרקט" in letter.text, "who sends it"
        assert letter.unsubscribe in letter.text
    elif event.group == "ACCOUNT":
        assert ("/account/" in letter.text) is bool(context["words"].button)
    else:
        assert "/orders/MS-ABCDEFGH/" in letter.text
    for private in ("Rosenzweig", "a@mami.test"):
        assert private not in letter.subject
    if event.sms is None:
        return
    text = short_text(event=event, context=context, language=language)
    check_short(event, text, language)
    if event.name == "waiting_offer":  # of a window, and of a product
        context["awaited"] = context["recalled"]
        check_short(event, short_text(event=event, context=context, language=language), language)


def check_short(event: Event, text: str, language: str) -> None:
    units, parts, is_gsm = measured(text)
    assert ("/account/messages/" if event.group == "NEWS" else "/orders/MS-ABCDEFGH/") in text
    assert parts <= 2, text
    assert is_gsm is (language == "en"), text
    assert units <= (306 if is_gsm else 134), text


def test_parts_of_a_short_message():
    assert measured("a" * 160) == (160, 1, True)
    assert measured("a" * 161) == (161, 2, True)
    assert measured("€" * 80) == (160, 1, True)
    assert measured("א" * 70) == (70, 1, False)
    assert measured("א" * 71)[1] == 2
    assert measured("א" * 134)[1] == 2
    assert measured("😀" * 35) == (70, 1, False)


def test_what_is_no_longer_true_is_dropped(ada, mailoutbox, monkeypatch):
    def gone(**keys: Any) -> dict[str, Any]:
        raise Obsolete

    monkeypatch.setattr(events, "context_maker", lambda event: gone)
    key = owe(ada, "order_canceled")
    assert not services.deliver(dedupe_key=key, now=NOON)
    assert rows(key) == {"EMAIL": "FAILED"}
    assert mailoutbox == []


# On, off or not there by e-mail and by SMS, D where it is a duty, U where it is urgent.
AS_AGREED = """
order_confirmed on - D | order_changed on - D | picking_started off off | substitute_question on on DU
order_missing on off D | order_ready on on DU | out_for_delivery on on U | order_delivered on off
order_delayed on on D | order_canceled on off D | refund_issued on - D | order_scheduled on - D
order_held on - D | order_hold_failed on on D | order_paid on - D | order_not_paid on on D
order_window on - D | order_document on - D | problem_received on - D | problem_decided on - D
recall_notice on on DU | standing_upcoming on off | standing_asked on on D | standing_failed on on D
waiting_offer on on | list_invited on - | news off off | account_verify on - D
account_email_change on - D | account_email_changed on - D | account_password_reset on - D
account_password_changed on - D | account_new_sign_in on - D | account_erased on - D
account_guarded on - D | account_second_factor_reset on - D
"""


def test_each_event_goes_where_it_was_agreed():
    words = {True: "on", False: "off", None: "-"}
    said = {
        name: " ".join(
            [name, words[one.email], words[one.sms], "D" * one.duty + "U" * one.urgent]
        ).strip()
        for name, one in EVENTS.items()
    }
    agreed = {line.strip() for line in AS_AGREED.replace("\n", "|").split("|")} - {""}
    assert set(said.values()) == agreed

"""The contact page: anybody may ask, the shop is told by mail, and it is written down."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from audit.models import AuditEntry
from core import clock
from notifications import personal, services
from notifications.models import Enquiry

PATH = "/help/contact/"
SENT = {
    "topic": "ORDER", "order_number": "ms 1a2b3c4d", "email": "bea@mami.test",
    "text": "Where is my bread?\n<b>Bea</b>",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_asked_yet(db: None) -> None:
    cache.clear()


def test_a_stranger_asks_and_the_shop_is_told(mailoutbox, settings) -> None:
    settings.CONTACT_EMAIL = "desk@mami.test"
    for prefix in ("", "/en"):
        answer = Client().post(prefix + PATH, SENT)
        assert (answer.status_code, answer["Location"]) == (302, prefix + PATH)
    row = Enquiry.objects.latest("pk")
    assert (row.order_number, row.language, row.user) == ("MS-1A2B3C4D", "en", None)
    entry = AuditEntry.objects.get(entity_type="enquiry", entity_id=str(row.pk))
    assert entry.new_value == {"topic": "ORDER", "order_number": "MS-1A2B3C4D"}
    assert services.send_enquiry(enquiry_id=row.pk, now=clock.now())
    assert not services.send_enquiry(enquiry_id=row.pk, now=clock.now()), "once"
    (mail,) = mailoutbox
    assert (mail.to, mail.reply_to) == (["desk@mami.test"], ["bea@mami.test"])
    assert "MS-1A2B3C4D" in mail.body
    assert "<b>Bea</b>" in mail.body
    assert "bea" not in mail.subject


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"topic": ""}, "Please fill this in"),
        ({"topic": "EAT"}, "Select a valid choice"),
        ({"order_number": "12"}, "looks like MS-1A2B3C4D"),
        ({"email": "bea"}, "This is not an e-mail address"),
        ({"email": "a@b.test\nBcc: c@d.test"}, "This is not an e-mail address"),
        ({"text": ""}, "Please fill this in"),
        ({"text": "\u202e"}, "invisible control characters"),
        ({"text": "x" * 2001}, "2000"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(wrong, words) -> None:
    answer = Client().post(f"/en{PATH}", {**SENT, **wrong})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert ("Where is my bread?" in text) or "text" in wrong
    assert not Enquiry.objects.exists()


def test_five_an_hour() -> None:
    client = Client()
    assert [client.post(PATH, SENT).status_code for _ in range(6)] == [302] * 5 + [429]
    assert Enquiry.objects.count() == 5
    late = client.post(PATH, SENT)
    assert int(late["Retry-After"]) > 0
    assert "Where is my bread?" in late.content.decode()


def test_it_goes_with_the_person_and_with_time(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    page = client.get(f"{PATH}?order=MS-1A2B3C4D").content.decode()
    assert f'value="{ada.email}"' in page
    assert 'value="MS-1A2B3C4D"' in page
    client.post(PATH, {**SENT, "email": "elsewhere@mami.test"})
    Client().post(PATH, {**SENT, "email": ada.email.upper()})
    Client().post(PATH, SENT)
    told = personal.take_out(user_id=ada.pk)["enquiries"]
    assert [one["email"] for one in told] == ["elsewhere@mami.test"]
    personal.erase(user_id=ada.pk, now=clock.now())
    assert [one.email for one in Enquiry.objects.all()] == ["bea@mami.test"]
    assert services.forget_enquiries(now=clock.now()) == 0
    assert services.forget_enquiries(now=clock.now() + dt.timedelta(days=183)) == 1

"""Offers: to those who agreed, by the channel they agreed to, until they withdraw; everywhere the same word."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Consent, Role, User
from accounts.services import set_consent
from accounts.tests.factories import person
from core import clock
from notifications import services
from notifications.models import Choice, Message, News
from notifications.selectors import preferences_of, readers_of_offers
from notifications.services import NewsData
from notifications.tests.owing import MORNING, NIGHT
from notifications.unsubscribing import token_for
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


def agree(user: User, *kinds: str, given: bool = True) -> None:
    for kind in kinds:
        set_consent(actor=user, kind=kind, given=given, now=clock.now())


def offers(user: User) -> dict[str, bool]:
    return next(
        one.channels for one in preferences_of(actor=user).events if one.event.name == "news"
    )


@pytest.fixture
def letter(db: None) -> News:
    data = NewsData(title_he="תותים", title_en="Strawberries", text_he="במבצע", text_en="On offer")
    return services.write_news(actor=person(Role.MANAGER), data=data)


def test_they_are_off_and_the_table_and_the_consents_say_the_same(api, client, ada):
    assert offers(ada) == {"EMAIL": False, "SMS": False}
    body = {"events": [{"event": "news", "channels": {"EMAIL": True}}]}
    assert api(ada).patch("/me/notifications", body).status_code == 200
    assert offers(ada) == {"EMAIL": True, "SMS": False}
    row = Consent.objects.get(user=ada)
    assert (row.kind, row.given, row.face) == ("MARKETING_EMAIL", True, "API")
    api(ada).put("/me/consents/MARKETING_SMS", {"given": True})
    assert offers(ada) == {"EMAIL": True, "SMS": True}
    client.force_login(ada)
    assert client.post("/account/messages/", {"news-SMS": "on"}).status_code == 302
    assert offers(ada) == {"EMAIL": False, "SMS": True}
    assert not Choice.objects.filter(event="news").exists()


def test_an_address_that_nobody_proved_gets_none(api):
    user = person(email_verified=False)
    body = {"events": [{"event": "news", "channels": {"EMAIL": True}}]}
    refusal(api(user).patch("/me/notifications", body), 403, "EMAIL_NOT_VERIFIED")
    assert not Consent.objects.filter(kind="MARKETING_EMAIL").exists()


def test_it_goes_once_to_who_agreed_and_not_at_night(letter, ada, mailoutbox):
    bea, dan = (person(email_verified=True) for _ in range(2))
    agree(ada, "MARKETING_EMAIL", "MARKETING_SMS")
    agree(bea, "MARKETING_EMAIL")
    agree(bea, "MARKETING_EMAIL", given=False)
    agree(dan, "MARKETING_EMAIL")
    assert readers_of_offers() == {"MARKETING_EMAIL": 2, "MARKETING_SMS": 1}
    mia = person(Role.MANAGER)
    for _ in range(2):
        assert services.send_news(actor=mia, news_id=letter.pk, now=NIGHT).owed == 3
    told = Message.objects.filter(kind="news").order_by("user_id", "channel")
    assert list(told.values_list("user_id", "channel")) == [
        (ada.pk, "EMAIL"), (ada.pk, "SMS"), (dan.pk, "EMAIL"),
    ]  # fmt: skip
    agree(dan, "MARKETING_EMAIL", given=False)
    for now in (NIGHT, MORNING):
        for key in {row.dedupe_key for row in told}:
            services.deliver(dedupe_key=key, now=now)
        assert len(mailoutbox) == (now == MORNING)
    [mail] = mailoutbox
    assert mail.subject in ("Advertisement: Strawberries", "פרסומת: תותים")
    assert "List-Unsubscribe" in mail.extra_headers
    assert told.get(user=dan).failure == "OBSOLETE"


def test_one_click_writes_the_withdrawal(ada):
    agree(ada, "MARKETING_EMAIL")
    address = f"/u/{token_for(user_id=ada.pk, event='news')}/"
    stranger = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    rows = Consent.objects.filter(user=ada, kind="MARKETING_EMAIL").order_by("pk")
    assert list(rows.values_list("given", flat=True)) == [True, False]
    assert offers(ada)["EMAIL"] is False


def test_a_manager_writes_reads_and_sends(client):
    client.cookies["mami_language"] = "en"
    client.force_login(person(Role.MANAGER))
    typed = {"title_he": "תותים", "title_en": "Ripe", "text_he": "במבצע", "text_en": "a\u202eb"}
    page = client.post("/ops/news/", typed)
    assert page.status_code == 422
    assert 'value="Ripe"' in page.content.decode()
    assert not News.objects.exists()
    kept = client.post("/ops/news/", {**typed, "text_en": "On offer"}, follow=True)
    assert "Read it once more" in kept.content.decode()
    row = News.objects.get()
    for _ in range(2):
        assert client.post(f"/ops/news/{row.pk}/send/").status_code == 302
    row.refresh_from_db()
    assert row.sent_at is not None
    assert "not sent yet" not in client.get("/ops/news/").content.decode()
    assert client.post("/ops/news/999999/send/").status_code == 404
    client.force_login(person(Role.EMPLOYEE))
    assert client.get("/ops/news/").status_code == 403

"""The office's page of the books."""

from __future__ import annotations

import pytest
from django.test import Client

from branches.models import DatedSlot
from checkout import jobs
from checkout.invariants import ALL
from checkout.models import BooksCheck
from tests.shop import Shop, open_with_sandbox

PAGE = "/admin/books/"


@pytest.fixture
def shop(db: None):
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def mia(client: Client, shop: Shop) -> Client:
    client.force_login(shop.manager())
    client.cookies["mami_language"] = "en"
    return client


def checked(client: Client, **data: str) -> str:
    """The page after somebody asked and the job ran."""
    answer = client.post(PAGE, data)
    assert answer.status_code == 302
    for row in BooksCheck.objects.filter(judged_at__isnull=True):
        jobs.check_books_again(check_id=row.pk)
    return client.get(answer.url).content.decode()


def test_looking_judges_nothing(mia: Client, shop: Shop) -> None:
    shop.order()
    DatedSlot.objects.exclude(taken=0).update(taken=7)
    assert "were not checked yet" in mia.get(PAGE).content.decode()
    for _ in range(2):  # asked twice, checked once
        mia.post(PAGE)
    assert "are being checked" in mia.get(PAGE).content.decode()
    assert BooksCheck.objects.count() == 1


def test_the_nightly_verdict_is_shown(mia: Client, shop: Shop) -> None:
    jobs.check_books(timestamp=0)
    html = mia.get(PAGE).content.decode()
    assert "The books balance." in html
    assert "Checked on" in html


def test_every_rule_is_listed(mia: Client, shop: Shop) -> None:
    shop.order()
    html = checked(mia)
    assert "The books balance." in html
    assert html.count(">kept<") == len(ALL)


def test_what_is_broken_says_what_to_do_and_stays_as_it_is(mia: Client, shop: Shop) -> None:
    shop.order()
    DatedSlot.objects.exclude(taken=0).update(taken=7)
    html = checked(mia)
    assert "One rule is broken." in html
    assert "set `taken` of dated slot" in html
    assert DatedSlot.objects.filter(taken=7).exists()


def test_the_past_is_asked_only_what_it_knows(mia: Client, shop: Shop) -> None:
    html = checked(mia, as_of="2026-01-01T00:00")
    assert html.count(">only known now<") == sum(not rule.historic for rule in ALL)
    assert 'value="2026-01-01T00:00"' in html


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00", "9999-12-31T10:00", "9" * 400])
def test_a_moment_that_is_none(mia: Client, text: str) -> None:
    response = mia.get(PAGE, {"as_of": text})
    assert response.status_code == 200
    assert "Please look at the moment again." in response.content.decode()


def test_managers_only(client: Client, shop: Shop) -> None:
    assert client.get(PAGE).status_code == 302
    client.force_login(shop.employee())
    assert client.get(PAGE, follow=True).status_code == 403

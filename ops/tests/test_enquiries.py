"""The managers' screen of questions: what waits first, said to be answered once, and audited."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import person
from audit.models import AuditEntry
from notifications.models import Enquiry

pytestmark = pytest.mark.django_db
LIST = "/ops/enquiries/"


def asked(text: str) -> Enquiry:
    return Enquiry.objects.create(topic="OTHER", email="bea@mami.test", text=text, language="en")


@pytest.fixture
def mia(client: Client) -> Client:
    client.cookies["mami_language"] = "en"
    client.force_login(person(Role.MANAGER))
    return client


def test_what_waits_stands_first_and_is_answered_once(mia: Client) -> None:
    first, second = asked("First <b>question</b>"), asked("Second question")
    done = reverse("ops:enquiry_answered", args=[second.pk])
    for _ in range(2):
        assert mia.post(done).status_code == 302
    page = mia.get(LIST).content.decode()
    assert page.index("First &lt;b&gt;question&lt;/b&gt;") < page.index("Second question")
    assert page.count("It is answered: question") == 1
    second.refresh_from_db()
    assert second.answered_at is not None
    trail = AuditEntry.objects.filter(entity_type="enquiry", entity_id=str(second.pk))
    assert [entry.new_value for entry in trail] == [{"answered": True}]
    assert "Second question" not in mia.get(LIST, {"which": "open"}).content.decode()
    assert first.text not in mia.get(LIST, {"which": "answered"}).content.decode()


@pytest.mark.parametrize("language", ["he", "en"])
def test_it_has_pages(mia: Client, language: str) -> None:
    for number in range(51):
        asked(f"Question {number:02}.")
    mia.cookies["mami_language"] = language
    page = mia.get(LIST).content.decode()
    assert "Question 50." in page
    assert "Question 00." not in page
    assert "page=2" in page, "the way to the rest"
    assert "Question 00." in mia.get(LIST, {"page": "2"}).content.decode()


def test_strangers_and_employees_see_nothing(client: Client) -> None:
    row = asked("Secret")
    for role in (Role.CUSTOMER, Role.EMPLOYEE):
        client.force_login(person(role))
        assert client.get(LIST).status_code in (403, 404)
        assert client.post(f"{LIST}{row.pk}/answered/").status_code in (403, 404)
    row.refresh_from_db()
    assert row.answered_at is None


def test_one_that_is_not_there(mia: Client) -> None:
    assert mia.post(f"{LIST}999999/answered/").status_code == 404

"""The managers' list of lines, the switch that closes them, and the figures that stand for them."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tests.factories import customer, person
from catalog.models import Product
from catalog.tests import factories
from core.tests.test_metrics import TOKEN, counted
from mami import switching
from waiting.models import WaitingEntry
from waiting.tests.conftest import Line

pytestmark = pytest.mark.django_db(transaction=True)


def sold_out(line: Line, **names: str) -> Product:
    made = factories.product(**names)
    factories.stock(made, line.slot.branch, 0)
    return made


@pytest.mark.parametrize(("language", "said"), [("he", "מי ממתין"), ("en", "Who waits")])
def test_the_longest_line_stands_first(line: Line, language: str, said: str) -> None:
    gone = sold_out(line, name_he="ריבה", name_en="Fig jam")
    client = Client()
    client.cookies["mami_language"] = language
    client.force_login(customer())
    assert client.post(reverse("waiting:product", args=[gone.pk])).status_code == 302
    assert client.get(reverse("waiting:office")).status_code in (403, 404)
    client.force_login(person(Role.MANAGER))
    page = client.get(reverse("waiting:office")).content.decode()
    name = "Fig jam" if language == "en" else "ריבה"
    assert said in page
    assert page.index("16:00") < page.index(name)
    assert ("3 wait" if language == "en" else "3 ממתינים") in page
    told = client.get("/metrics", headers=TOKEN).content
    assert counted("mami_waiting_open", told, kind="WINDOW") == 3
    assert counted("mami_waiting_open", told, kind="PRODUCT") == 1


def test_the_switch_closes_every_line_and_ends_none(
    line: Line, settings: object, api: object
) -> None:
    settings.CAPABILITIES_ASKED = True  # type: ignore[attr-defined]
    caches["switches"].clear()
    gone = sold_out(line)
    ada, client = customer(), Client()
    client.force_login(ada)
    path = reverse("waiting:product", args=[gone.pk])
    assert path in client.get(f"/products/{gone.pk}/").content.decode()
    before = WaitingEntry.objects.count()
    switching.switch(actor=person(Role.ADMIN), name="waiting_list", on=False)
    assert path not in client.get(f"/products/{gone.pk}/").content.decode()
    assert client.post(path).status_code == 404
    assert api(ada).post("/waiting", {"product_id": gone.pk}).status_code == 404  # type: ignore[operator]
    assert api(ada).get("/waiting").status_code == 200  # type: ignore[operator]
    assert WaitingEntry.objects.count() == before
    assert line.states() == ["WAITING"] * 3
    line.free(1)
    line.offer(line.of(line.people[0]).created_at)
    assert client.get(reverse("waiting:index")).status_code == 200

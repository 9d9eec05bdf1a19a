"""What is pasted with a text and seen by nobody counts for nothing wherever something is looked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import OrderItem
from search import documents
from search.models import SearchQueryLog
from search.querylog import flush, may_be_kept
from tests.api_client import ApiClient
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db
BARCODE = "7290000000015"
MARKED = ["\u202a{}\u202c", "\u2066{}\u2069", "\ufeff{}", "\u200f {}\u200e"]
NAME = "לחמניות כפריות"


@pytest.fixture
def shop(db: None) -> Any:
    with open_with_sandbox() as shop:
        roll = shop.product(
            name_he=NAME, name_en="Country rolls", sku="ROL-0001",
            barcode=BARCODE, gtin14=f"0{BARCODE}",
        )  # fmt: skip
        shop.roll, shop.bought = roll, shop.order(quantities={roll: 1})
        documents.rebuild()
        yield shop


@pytest.mark.parametrize("mark", MARKED)
@pytest.mark.parametrize("text", [NAME, BARCODE, "ROL0001"])
def test_a_shopper_finds_it(shop: Any, mark: str, text: str) -> None:
    typed = mark.format(text)
    page = Client().get("/search/", {"q": typed}, follow=True)
    assert NAME in page.content.decode()
    found = ApiClient().get(f"/products/search?q={quote(typed)}").json()
    assert found["pagination"]["total"] == 1
    assert found["search"]["text"] == text
    short = ApiClient().get(f"/products/autocomplete?q={quote(typed)}").json()
    assert [one["id"] for one in short["data"]] == [shop.roll.pk]
    assert NAME in Client().get("/search/suggest/", {"q": typed}).content.decode()


@pytest.mark.parametrize("mark", MARKED)
@pytest.mark.parametrize("text", [NAME, BARCODE, "ROL-0001"])
def test_the_office_finds_it(shop: Any, mark: str, text: str) -> None:
    manager = shop.manager()
    office, api, typed = Client(), ApiClient(manager), mark.format(text)
    office.force_login(manager)
    for address in (
        "/admin/catalog/product/",
        "/admin/inventory/stock/",
        "/ops/requests/products/",
    ):
        name = "product" if "requests" in address else "q"
        page = office.get(address, {name: typed})
        assert page.status_code == 200, address
        assert "ROL-0001" in page.content.decode(), address
    for path in ("/admin/products", "/admin/inventory", "/admin/search/explain"):
        answer = api.get(f"{path}?q={quote(typed)}")
        assert answer.status_code == 200, path
        assert "ROL-0001" in answer.content.decode(), path


@pytest.mark.parametrize("mark", MARKED)
def test_orders_and_people_are_found(shop: Any, mark: str) -> None:
    number, customer, manager = shop.bought.order_number, shop.bought.user, shop.manager()
    client, office = Client(), Client()
    client.force_login(customer)
    office.force_login(manager)
    for text in (number, NAME):
        page = client.get("/orders/", {"q": mark.format(text)})
        assert number in page.content.decode(), text
        found = ApiClient(customer).get(f"/orders?q={quote(mark.format(text))}").json()
        assert [one["order_number"] for one in found["data"]] == [number]
    for text in (number, customer.email):
        assert number in office.get("/ops/", {"q": mark.format(text)}).content.decode()
        found = ApiClient(manager).get(f"/ops/orders?q={quote(mark.format(text))}").json()
        assert number in str(found)
    found = ApiClient(manager).get(f"/ops/customers?q={quote(mark.format(customer.email))}")
    assert customer.email in found.content.decode()
    page = office.get(reverse("ops:customers"), {"q": mark.format(customer.email)})
    assert customer.email in page.content.decode()


@pytest.mark.parametrize("mark", MARKED)
def test_a_picker_scans_it(shop: Any, mark: str) -> None:
    manager = shop.manager()
    client, item = Client(), shop.bought.items.get()
    client.force_login(manager)
    number = shop.bought.order_number
    client.post(reverse("ops:claim", args=[number]))
    address = reverse("ops:scan", args=[number, item.pk])
    answer = client.post(address, {"barcode": mark.format(BARCODE), "seen_status": "PENDING"})
    assert answer.status_code in {200, 302}
    assert OrderItem.objects.get(pk=item.pk).picked_status == "PICKED"


@pytest.mark.parametrize("odd", ["%FF%FE", "a%C3", "%ED%A0%80", "%C0%80", "a%00b", "%F5%80%80%80"])
def test_bytes_that_are_no_text_are_refused(shop: Any, odd: str) -> None:
    manager = shop.manager()
    for path in (
        "/products/search",
        "/products/autocomplete",
        "/admin/search/explain",
        "/admin/inventory",
    ):
        answer = ApiClient(manager).get(f"{path}?q={odd}")
        assert answer.status_code == 400, path
        assert list(answer.json()["error"]["details"]["fields"]) == ["q"], path
    assert ApiClient().get(f"/products/search?q=a&unknown={odd}").status_code == 200
    for path in ("/search/", "/search/suggest/"):
        assert Client().get(f"{path}?q={odd}").status_code == 400


def test_raw_bytes_are_read_as_utf_8(shop: Any) -> None:
    client = Client()
    for sent, status in ((NAME.encode(), 200), (b"\xff\xfe", 400), (b"a\xed\xa0\x80", 400)):
        query = {"QUERY_STRING": f"q={sent.decode('latin-1')}"}
        assert client.get("/api/v1/products/search", **query).status_code == status  # type: ignore[arg-type]
        assert client.get("/search/", **query).status_code == status  # type: ignore[arg-type]


def test_marks_alone_are_no_text_and_too_many_are_too_long(shop: Any) -> None:
    api = ApiClient()
    everything = api.get("/products/search").json()["pagination"]["total"]
    alone = api.get("/products/search?q=%E2%80%AE%E2%80%8B").json()
    assert (alone["search"], alone["pagination"]["total"]) == (None, everything)
    needed = ApiClient(shop.manager()).get("/admin/search/explain?q=%E2%80%AE%E2%80%8B")
    assert needed.status_code == 400, "where a text is needed they are none"
    assert list(needed.json()["error"]["details"]["fields"]) == ["q"]
    assert api.get(f"/products/search?q={'%E2%80%8B' * 101}").status_code == 400
    english = Client(headers={"Accept-Language": "en"})
    page = english.get("/search/", {"q": "\u200b" * 150})
    assert "too long" in page.content.decode()


def test_the_log_keeps_what_can_be_seen(shop: Any) -> None:
    flush()
    SearchQueryLog.objects.all().delete()
    for typed in ("\u202aדג\u202c", "ד\u200bג", "דג"):
        ApiClient().get(f"/products/search?q={quote(typed)}")
    flush()
    assert list(SearchQueryLog.objects.values_list("text", "searches")) == [("דג", 3)]
    assert not any(map(may_be_kept, ("ada\uff20mami.test", "ada@mami.test", "ada\ufe6bmami.test")))

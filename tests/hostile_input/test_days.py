"""The ends of the calendar, wherever a day is read."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from core.days import FIRST, LAST, read_day
from tests.api_client import ApiClient, refusal
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db
ENDS = ["9999-12-31", "0001-01-01", "1999-12-31", "2101-01-01"]


@pytest.fixture
def office(db):
    with open_with_sandbox() as shop:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(shop.person("ADMIN"))
        yield shop, client


@pytest.mark.parametrize("day", ENDS)
@pytest.mark.parametrize(
    "path",
    ["/ops/?day={}", "/ops/?day={}&slot=20", "/ops/runs/?day={}", "/admin/audit/auditentry/?first={}&last={}",
     "/admin/audit/auditentry/?last={}", "/admin/books/?as_of={}T10:00"],
)  # fmt: skip
def test_the_page_says_so_at_the_field(office, path, day):
    _shop, client = office
    answer = client.get(path.replace("{}", day))
    assert answer.status_code == 200
    assert "not in our calendar" in answer.content.decode()


@pytest.mark.parametrize("day", [*ENDS, "9999-12-31..0001-01-01", "2026-11-20..9999-12-31"])
@pytest.mark.parametrize("page", ["orders/order", "payments/payment", "payments/refund"])
def test_filters_of_the_office_find_nothing(office, page, day):
    _shop, client = office
    assert client.get(f"/admin/{page}/", {"day": day}).status_code in {200, 302}


@pytest.mark.parametrize("day", ENDS)
def test_calls_of_the_api(office, day):
    shop, _client = office
    manager = ApiClient(shop.manager(), check=False)
    for path in ("/ops/orders?dateFrom={}", "/ops/orders?dateTo={}", "/delivery-slots/available?from={}",
                 "/ops/performance?dateTo={}"):  # fmt: skip
        answer = manager.get(path.format(day))
        assert answer.status_code in {200, 400}, path
        if answer.status_code == 400:
            refusal(answer, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("day", ENDS)
def test_windows_of_basket_and_checkout(office, day):
    shop, _client = office
    client = Client()
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    client.force_login(ada)
    for path, field in (
        ("/cart/slot/", "slot"),
        ("/checkout/preview/", "slot"),
        ("/checkout/", "slot"),
    ):
        answer = client.post(path, {field: f"{shop.slot.pk}@{day}", "where": "new", "key": "x"})
        assert answer.status_code < 500, path
    assert client.post("/checkout/preview/", {"day": day}).status_code == 200


@pytest.mark.parametrize(
    "text", ["", "x", "2026-02-31", "٢٠٢٦-١١-٢٩", "20261129", "2026-W48-7", " 2026-11-29", *ENDS]
)
def test_what_is_no_day_of_ours(text):
    with pytest.raises(ValueError):  # noqa: PT011
        read_day(text)


def test_the_ends_themselves_are_ours():
    assert [read_day(day.isoformat()) for day in (FIRST, LAST)] == [FIRST, LAST]
    assert read_day("2026-11-29") == dt.date(2026, 11, 29)

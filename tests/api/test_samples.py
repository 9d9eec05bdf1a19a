"""`docs/api-samples.md`: real requests and answers, compared whole. `make docs` writes it anew.

Days are counted from a fixed one and every instant is eight o'clock, so that the page is the same
whenever it is made.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import re
from pathlib import Path

import pytest
from django.conf import settings

from branches.tests.factories import area, jerusalem
from core import clock
from search.documents import index_products
from tests.api_client import ApiClient
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True, reset_sequences=True)
TODAY = dt.date(2026, 12, 1)
"""What the day of the run is called on the page."""
INSTANT = re.compile(r"(\w*)(\": \")?(\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:\d\d))")
OF_A_WINDOW = {"cutoff_at", "change_until"}
"""Instants that belong to a day. All others are so and so long after the call, whatever the clock."""
DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b(?!T)")
PAGE = Path(settings.BASE_DIR, "docs", "api-samples.md")
INTRO = """# The JSON API by example

Requests and answers as the tests sent and heard them (`tests/api/test_samples.py` writes this page).
Tokens and cursors are shortened, instants all say eight o'clock. What a client does with each refusal
is in [errors.md](errors.md); the whole description is served at `/api/schema/`, to be read at `/api/docs/` and `/api/redoc/`.
"""


class Recorder:
    """Plays calls and writes them down."""

    def __init__(self) -> None:
        self.page = [INTRO]

    def title(self, text):
        self.page.append(f"\n## {text}\n")

    def call(self, client, method, path, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        response = client.call(method, path, body, headers=sent)
        lines = [f"{method} /api/v1{path}"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        lines += (
            ["Authorization: Bearer eyJ…"]
            if client.user or "Authorization" in client.headers
            else []
        )
        if body is not None:
            lines += ["", _json(body)]
        lines += ["", f"← {response.status_code}"]
        if response.content:
            lines.append(_json(response.json()))
        self.page.append("\n```http\n" + "\n".join(lines) + "\n```\n")
        return response.json()["data"] if response.content and "data" in response.json() else None


def _json(value):
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return re.sub(r'"eyJ[\w.-]+"', '"eyJ…"', text)


def timeless(page: str, began: dt.datetime) -> str:
    """The page as it would be on `TODAY`, with order numbers and cursors that say nothing."""
    ahead = TODAY - clock.shop_date(began)

    def instant(found: re.Match[str]) -> str:
        at = dt.datetime.fromisoformat(found[3])
        if found[1] in OF_A_WINDOW:
            day = clock.shop_date(at) + ahead
        else:
            day = TODAY + dt.timedelta(days=round((at - began) / dt.timedelta(days=1)))
        return f"{found[1]}{found[2] or ''}{day}T08:00:00.000Z"

    numbers = {number: f"MS-7K3M{n:04}" for n, number in
               enumerate(dict.fromkeys(re.findall(r"MS-[0-9A-HJKMNP-TV-Z]{8}", page)), start=1)}  # fmt: skip
    for number, name in numbers.items():
        page = page.replace(number, name)
    page = DATE.sub(lambda found: str(dt.date.fromisoformat(found[0]) + ahead), page)
    page = INSTANT.sub(instant, page)
    page = re.sub(r'("(?:next_cursor|device_token)": )"[^"]+"', r'\1"…"', page)
    return re.sub(r"sbx_[0-9a-f]{24}", f"sbx_{'0' * 24}", page)


@pytest.fixture
def shop(db, monkeypatch):
    monkeypatch.setattr("tests.shop._number", itertools.count(1))
    monkeypatch.setattr("accounts.tests.factories._number", itertools.count(1))
    with open_with_sandbox() as opened:
        yield opened


def test_samples_are_what_the_api_says(shop):
    began = clock.now()
    page = timeless("".join(play(shop).page), began)
    if os.environ.get("MAMI_WRITE_SAMPLES"):
        PAGE.write_text(page, encoding="utf-8")
    assert page == PAGE.read_text("utf-8"), "run `make docs`"


def play(shop):
    milk = shop.product(name_he="חלב טרי", name_en="Fresh milk", sku="MIL-0001", bin="A03-2-14")
    rare = shop.product(name_he="כמהין", name_en="Truffle", sku="TRU-0001", price="89.00", stock=1)
    index_products([milk.pk, rare.pk])
    record, noa = Recorder(), ApiClient()
    record.title("Signing in")
    person = {"email": "noa@mami.test", "password": "gxkq-4-lemons", "full_name": "Noa Levi"}
    record.call(noa, "POST", "/auth/register", person)
    signed_in = record.call(
        noa, "POST", "/auth/login", {k: person[k] for k in ("email", "password")}
    )
    record.call(noa, "POST", "/auth/login", {"email": person["email"], "password": "wrong"})
    pair = record.call(noa, "POST", "/auth/refresh", {"refresh_token": signed_in["refresh_token"]})
    noa.headers["Authorization"] = f"Bearer {pair['access_token']}"
    record.call(noa, "GET", "/me")

    record.title("Finding products")
    record.call(ApiClient(language="he"), "GET", "/products/search?sort=price&limit=1")
    record.call(ApiClient(), "GET", f"/products/{milk.pk}?branchId={shop.branch.pk}")

    record.title("The basket")
    record.call(noa, "POST", "/cart/items", {"product_id": milk.pk, "quantity": 2})
    record.call(noa, "POST", "/cart/items", {"product_id": milk.pk, "quantity": 0.5})
    line = record.call(noa, "POST", "/cart/items", {"product_id": rare.pk, "quantity": 2})["items"][
        1
    ]

    record.title("Where we deliver")
    jerusalem(name_he="ירושלים", name_en="Jerusalem")
    area(4000, name_he="חיפה והקריות", name_en="Haifa and the bay")
    record.call(noa, "GET", "/localities?q=jer&limit=1")
    place = {"label": "Mum", "line1": "1 Jaffa Road", "city": "Jerusalm"}
    record.call(noa, "POST", "/me/addresses", place)
    place = {**place, "city": "Jerusalem"}
    place_id = record.call(noa, "POST", "/me/addresses", place)["id"]
    asked = {"fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk}
    record.call(noa, "POST", "/checkout/preview", {**asked, "address_id": place_id})

    record.title("Waiting for what is sold out")
    gone = shop.product(name_he="ריבת תאנים", name_en="Fig jam", sku="FIG-0001", stock=0)
    entry = record.call(noa, "POST", "/waiting", {"product_id": gone.pk})
    record.call(noa, "POST", "/waiting", {"product_id": gone.pk})
    record.call(noa, "GET", "/waiting")
    record.call(noa, "DELETE", f"/waiting/{entry['id']}")

    record.title("Days of rest")
    record.call(noa, "GET", "/calendar?from=2026-12-04&days=2")

    record.title("Checkout")
    record.call(noa, "GET", "/delivery-slots/available?days=7")
    address = {"line1": "3 HaZait", "city": "Haifa", "postal_code": "3100001"}
    wish = {
        "fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(), "address": address,
    }  # fmt: skip
    record.call(noa, "POST", "/checkout/preview", wish)
    record.call(noa, "PUT", f"/cart/items/{line['id']}", {"quantity": 1})
    record.call(noa, "POST", "/checkout/preview", wish)
    declined = {**wish, "payment": {"provider": "sandbox", "token": "tok_declined"}}
    record.call(noa, "POST", "/checkout/confirm", declined, Idempotency_Key="order-1")
    paid = {**wish, "payment": {"provider": "sandbox", "token": "tok_visa"}}
    placed = record.call(noa, "POST", "/checkout/confirm", paid, Idempotency_Key="order-1")
    record.call(noa, "POST", "/checkout/confirm", paid, Idempotency_Key="order-1")
    order = record.call(noa, "GET", f"/orders/{placed['order_id']}")

    record.title("Picking and delivering")
    eli, mia = ApiClient(shop.employee()), ApiClient(shop.manager())
    path = f"/ops/orders/{order['id']}"
    record.call(eli, "GET", "/ops/orders?status=CREATED&limit=1")
    record.call(eli, "PATCH", f"{path}/status", {"status": "READY"})
    eli.call("PATCH", f"/api/v1{path}/status", {"status": "IN_PROGRESS"})
    first, second = order["items"]
    record.call(
        eli, "PATCH", f"{path}/items/{first['id']}/picked-status", {"picked_status": "PICKED"}
    )
    body = {"picked_status": "MISSING", "reason": "shelf empty"}
    eli.call("PATCH", f"/api/v1{path}/items/{second['id']}/picked-status", body)
    record.call(eli, "PATCH", f"{path}/status", {"status": "READY"})

    record.title("How the shop keeps the calendar")
    record.call(mia, "GET", "/admin/calendar")
    record.call(mia, "PATCH", "/admin/calendar", {"passover_mode": "SOMETIMES"})
    record.call(mia, "PATCH", "/admin/calendar", {"passover_mode": "AUTO"})

    record.title("Stock")
    wish = {
        "branch_id": shop.branch.pk,
        "product_id": milk.pk,
        "quantity": 40,
        "request_type": "SET_QUANTITY",
    }
    asked = record.call(eli, "POST", "/stock-requests", wish)
    review = f"/admin/stock-requests/{asked['id']}/review"
    record.call(mia, "PATCH", review, {"status": "APPROVED"})
    record.call(mia, "PATCH", review, {"status": "APPROVED"})
    row = record.call(mia, "GET", f"/admin/inventory?productId={milk.pk}&limit=1")[0]
    stale = {"quantity": 12, "expected_quantity": 11}
    record.call(mia, "PUT", f"/admin/inventory/{row['id']}", stale)
    record.call(mia, "GET", "/admin/audit?entityType=stock_request&limit=1")
    return record

"""The daily settlement: what should have arrived against what did, in calls, files and the office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import clock
from core.clock import shop_date
from orders.models import Order
from orders.tests.test_refunding import ask
from orders.tests.test_transitions import settle
from payments import services as payments
from payments.providers.sandbox_ledger import Ledger
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, open_with_sandbox

HEADER = "date,reference,type,gross,fee,net"


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def charged(shop: Shop, price: str, card: str = "tok_visa") -> Order:
    """A pickup, charged: no fee."""
    goods = {shop.product(price=Decimal(price)): 1}
    from orders.tests.test_transitions import move, picked

    order = shop.order(shop.customer(card=card), goods, shop.pickup())
    picked(shop, order)
    move(shop.manager(), order, "DELIVERED")
    settle(order)
    order.refresh_from_db()
    return order


@pytest.fixture
def day(shop: Shop) -> dict[str, Any]:
    """Captures of 190.00 and 40.00, 10.00 given back, and the 40.00 contested with a fee of 15.00."""
    large = charged(shop, "190.00")
    small = charged(shop, "40.00", "tok_disputed_now")
    ask(shop.manager(), large, amount=Decimal("10.00"))
    settle(large)
    payments.sync_disputes(now=clock.now())
    dispute = Ledger(settings.SANDBOX_LEDGER).disputes(since=0)[0]["reference"]
    return {
        "large": large, "small": small, "dispute": dispute, "mia": shop.manager(),
        "path": f"/admin/settlements/{shop_date(clock.now())}",
    }  # fmt: skip


def lines(day: dict[str, Any], fee: str = "15.00") -> list[str]:
    date = shop_date(clock.now())
    net = -Decimal(40) - Decimal(fee)
    large, small = (day[name].payment.provider_reference for name in ("large", "small"))
    return [
        f"{date},{large},CAPTURE,190.00,3.00,187.00",
        f"{date},{small},CAPTURE,40.00,1.10,38.90",
        f"{date},{large},REFUND,-10.00,0.00,-10.00",
        f"{date},{day['dispute']},DISPUTE,-40.00,{fee},{net}",
        f"{date},po_1,PAYOUT,-160.90,0.00,-160.90",
    ]


def upload(day: dict[str, Any], rows: list[str], *, header: str = HEADER, **values: str) -> Any:
    content = "\n".join([header, *rows]).encode()
    client = ApiClient(values.pop("who", day["mia"]))  # type: ignore[arg-type]
    return client.client.post(
        f"/api/v1{day['path']}/upload",
        {"provider": "sandbox", "file": SimpleUploadedFile("p.csv", content), **values},
        headers=client.headers,
    )


def sums(day: dict[str, Any]) -> dict[str, str]:
    data = ApiClient(day["mia"]).get(day["path"]).json()["data"]
    return dict(data["providers"][0])


class TestDay:
    def test_the_sandbox_pays_out_at_once(self, day: dict[str, Any]) -> None:
        data = ApiClient(day["mia"]).get(day["path"]).json()["data"]
        (found,) = data["providers"]
        assert (found["captured"], found["refunded"]) == ("230.00", "10.00")
        assert (found["disputed"], found["dispute_fees"]) == ("40.00", "15.00")
        assert found["difference"] == "0.00"
        assert found["paid_out"] == found["expected"]
        assert data["rows"] == []

    def test_the_worked_example(self, day: dict[str, Any]) -> None:
        answer = upload(day, lines(day), dry_run="false").json()["data"]
        assert answer == {"dry_run": False, "read": 5, "matched": 5, "unmatched": 0, "refused": []}
        found = sums(day)
        assert (found["fees"], found["expected"]) == ("4.10", "160.90")
        assert (found["paid_out"], found["difference"]) == ("160.90", "0.00")

    def test_a_fee_that_was_not_taken(self, day: dict[str, Any]) -> None:
        upload(day, lines(day, fee="0.00"), dry_run="false")
        found = sums(day)
        assert (found["paid_out"], found["difference"]) == ("175.90", "15.00")
        (row,) = ApiClient(day["mia"]).get(day["path"]).json()["data"]["rows"]
        assert (row["reference"], row["type"], row["difference"]) == (
            day["dispute"], "DISPUTE", "15.00",
        )  # fmt: skip
        assert (row["state"], row["order_number"]) == ("UNMATCHED", day["small"].order_number)
        path = f"{day['path']}/explain"
        body = {"reference": day["dispute"], "note": "They waived it."}
        explained = ApiClient(day["mia"]).post(path, body).json()["data"]
        assert (explained["state"], explained["note"]) == ("EXPLAINED", "They waived it.")

    def test_a_won_one_comes_back(self, day: dict[str, Any]) -> None:
        Ledger(settings.SANDBOX_LEDGER).decide(order_number=day["small"].order_number, status="WON")
        payments.sync_disputes(now=clock.now())
        found = sums(day)
        assert (found["disputed"], found["dispute_fees"]) == ("0.00", "15.00")
        assert found["difference"] == "0.00"


class TestFile:
    def test_a_dry_run_keeps_nothing(self, day: dict[str, Any]) -> None:
        before = sums(day)
        answer = upload(day, lines(day, fee="0.00")).json()["data"]
        assert answer["dry_run"] is True
        assert sums(day) == before

    def test_the_same_file_twice_is_the_same_day(self, day: dict[str, Any]) -> None:
        for _twice in range(2):
            upload(day, lines(day), dry_run="false")
        assert sums(day)["paid_out"] == "160.90"

    @pytest.mark.parametrize(
        "bad",
        [
            "2001-01-01,x,CAPTURE,1.00,0.00,1.00", "{d},x,NONSENSE,1.00,0.00,1.00",
            "{d},x,CAPTURE,1.00,0.00,0.99", "{d},x,CAPTURE,1e2,0.00,1.00", "{d},x,CAPTURE,1.00",
            "{d},,CAPTURE,1.00,0.00,1.00",
        ],
    )  # fmt: skip
    def test_one_refused_line_refuses_the_file(self, day: dict[str, Any], bad: str) -> None:
        before = sums(day)
        rows = [*lines(day, fee="0.00"), bad.format(d=shop_date(clock.now()))]
        answer = upload(day, rows, dry_run="false").json()["data"]
        assert [one["line"] for one in answer["refused"]] == [7]
        assert sums(day) == before

    def test_a_reference_of_nobody_with_a_formula(self, day: dict[str, Any]) -> None:
        date = shop_date(clock.now())
        rows = [*lines(day), f'{date},"=HYPERLINK(1)",OTHER,5.00,0.00,5.00']
        assert upload(day, rows, dry_run="false").json()["data"]["unmatched"] == 1
        (row,) = ApiClient(day["mia"]).get(day["path"]).json()["data"]["rows"]
        assert (row["reference"], row["order_number"]) == ("=HYPERLINK(1)", None)
        assert (row["expected"], row["paid"]) == ("0.00", "5.00")
        text = b"".join(
            ApiClient(day["mia"]).get(f"{day['path']}?export=csv").streaming_content
        ).decode()
        assert "'=HYPERLINK(1)" in text
        assert text.splitlines()[0].lstrip("\ufeff") == (
            "provider,reference,type,order_number,expected,paid,difference,state,note"
        )
        assert len(text.splitlines()) == 5

    def test_what_is_no_such_file(self, day: dict[str, Any]) -> None:
        for answer in (
            upload(day, lines(day), header="date,reference"),
            upload(day, lines(day), provider="nobody"),
        ):
            assert answer.status_code == 400
            assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
        client = ApiClient(day["mia"])
        bare = client.client.post(
            f"/api/v1{day['path']}/upload", {"provider": "sandbox"}, headers=client.headers
        )
        assert bare.status_code == 400


def test_bad_input_and_rights(shop: Shop, day: dict[str, Any]) -> None:
    mia, path = ApiClient(day["mia"]), day["path"]
    tomorrow = shop_date(clock.now()) + dt.timedelta(days=1)
    refusal(mia.get(f"/admin/settlements/{tomorrow}"), 400, "VALIDATION_ERROR")
    refusal(mia.get("/admin/settlements/yesterday"), 404, "NOT_FOUND")
    body = {"reference": "nobody", "note": "a note"}
    refusal(mia.post(f"{path}/explain", body), 404, "NOT_FOUND")
    body = {"reference": day["dispute"], "note": "x"}
    refusal(mia.post(f"{path}/explain", body), 400, "VALIDATION_ERROR")
    for person in (shop.employee(), day["large"].user):
        refusal(ApiClient(person).get(path), 403, "PERMISSION_DENIED")
    refusal(ApiClient(None).get(path), 401, "NOT_AUTHENTICATED")


def test_the_office(shop: Shop, day: dict[str, Any], client: Client) -> None:
    client.force_login(day["mia"])
    date = shop_date(clock.now())
    path = f"/admin/payments/payment/settlement/{date}/"
    assert path in client.get("/admin/payments/payment/settlement/").content.decode()
    content = "\n".join([HEADER, *lines(day, fee="0.00")]).encode()
    form = {"what": "upload", "provider": "sandbox", "keep": "on"}
    sent = client.post(path, {**form, "file": SimpleUploadedFile("p.csv", content)})
    assert sent.status_code == 200
    assert day["dispute"] in sent.content.decode()
    note = {"what": "explain", "reference": day["dispute"], "note": "They waived it."}
    assert client.post(path, note).status_code == 302
    assert "They waived it." in client.get(path).content.decode()
    assert client.get("/admin/payments/payment/settlement/nonsense/").status_code == 404
    client.force_login(shop.employee())
    assert client.get(path).status_code == 302

"""Who calls: found, seen at a glance, noted down; who waits outside; what came back from the door."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from audit.models import AuditEntry
from core import clock
from orders.models import Order, OrderPickup
from orders.services import change_status
from orders.staff_models import StaffNote
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def eli(shop: Shop, api: Callable[..., ApiClient]) -> ApiClient:
    return api(shop.employee())


def ready(order: Order) -> Order:
    Order.objects.filter(pk=order.pk).update(status="READY", was_ready=True)
    order.items.update(picked_status="PICKED", picked_quantity=3)
    order.refresh_from_db()
    return order


class TestFinding:
    @pytest.mark.quick
    def test_by_any_spelling(self, shop: Shop, eli: ApiClient) -> None:
        ada = shop.customer()
        ada.full_name, ada.phone = "Ada Lavi", "+972521234567"
        ada.save()
        shop.order(ada)

        for q in (ada.email.upper(), "lavi", "052-123 4567", "+972 (0)52 123", "00972521234567"):
            rows = eli.client.get("/api/v1/ops/customers", {"q": q}, headers=eli.headers).json()[
                "data"
            ]
            assert [row["id"] for row in rows] == [ada.pk], q
        assert rows[0] == {
            "id": ada.pk, "full_name": "Ada Lavi", "email": ada.email, "phone": "+972521234567",
            "orders_count": 1,
        }  # fmt: skip
        boss = shop.manager()
        assert not eli.client.get(
            "/api/v1/ops/customers", {"q": boss.email}, headers=eli.headers
        ).json()["data"]

    def test_refusals(self, shop: Shop, eli: ApiClient, api: Callable[..., ApiClient]) -> None:
        assert "q" in refusal(eli.get("/ops/customers?q=ab"), 400, "VALIDATION_ERROR")["fields"]
        refusal(eli.get("/ops/customers"), 400, "VALIDATION_ERROR")
        refusal(api(shop.customer()).get("/ops/customers?q=abc"), 403, "PERMISSION_DENIED")
        refusal(eli.get("/ops/customers/999999"), 404, "NOT_FOUND")
        for _ in range(30):
            assert eli.get("/ops/customers?q=nobody").status_code == 200
        refusal(eli.get("/ops/customers?q=nobody"), 429, "RATE_LIMITED")

    def test_a_look_is_told_and_counted(
        self, shop: Shop, eli: ApiClient, django_assert_num_queries: Callable[..., object]
    ) -> None:
        ada = shop.customer()
        orders = [shop.order(ada) for _ in range(3)]
        Order.objects.filter(pk=orders[0].pk).update(status="CANCELED")
        eli.post(f"/ops/orders/{orders[1].pk}/notes", {"text": "rang twice"})
        body = eli.get(f"/ops/customers/{ada.pk}").json()["data"]
        assert [row["order_id"] for row in body["orders"]] == [one.pk for one in reversed(orders)]
        assert (body["orders_count"], body["canceled_count"]) == (3, 1)
        assert body["refunded_total"] == "0.00"
        assert body["notes"][0]["order_number"] == orders[1].order_number
        told = AuditEntry.objects.get(action="READ")
        assert (told.entity_type, told.entity_id, told.actor) == ("user", ada.pk, eli.user)


class TestNotes:
    def test_of_an_order_and_of_a_customer(self, shop: Shop, eli: ApiClient) -> None:
        order = shop.order()
        made = eli.post(f"/ops/orders/{order.pk}/notes", {"text": "  the bell\nis broken "})
        assert made.status_code == 201
        assert made.json()["data"]["text"] == "the bell\nis broken"
        eli.post(f"/ops/customers/{order.user_id}/notes", {"text": "prefers mornings"})
        staff = eli.get(f"/ops/orders/{order.pk}").json()["data"]
        assert [note["text"] for note in staff["staff_notes"]] == ["the bell\nis broken"]
        assert staff["staff_notes"][0]["author"]["id"] == eli.user.pk
        seen = eli.get(f"/ops/customers/{order.user_id}").json()["data"]["notes"]
        assert [note["text"] for note in seen] == ["prefers mornings", "the bell\nis broken"]
        assert "staff_notes" not in ApiClient(order.user).get(f"/orders/{order.pk}").json()["data"]
        trail = AuditEntry.objects.filter(actor=eli.user, action="UPDATE").order_by("pk")
        assert [row.entity_type for row in trail] == ["order", "user"]
        assert not any("bell" in str(row.new_value) for row in trail)

    def test_refusals(self, shop: Shop, eli: ApiClient) -> None:
        order = shop.order()
        for text in ("", "  ", "x" * 1001, "\u202eabc"):
            answer = eli.post(f"/ops/orders/{order.pk}/notes", {"text": text})
            refusal(answer, 400, "VALIDATION_ERROR")
        refusal(eli.post("/ops/orders/999999/notes", {"text": "x"}), 404, "NOT_FOUND")
        refusal(eli.post("/ops/customers/999999/notes", {"text": "x"}), 404, "NOT_FOUND")
        mine = ApiClient(order.user).post(f"/ops/orders/{order.pk}/notes", {"text": "x"})
        refusal(mine, 403, "PERMISSION_DENIED")
        assert not StaffNote.objects.exists()


class TestOutside:
    def pickup(self, shop: Shop) -> Order:
        return ready(shop.order(request=shop.pickup()))

    def test_who_waits_comes_first(self, shop: Shop, eli: ApiClient) -> None:
        urgent = shop.order()
        first, second = self.pickup(shop), self.pickup(shop)
        ada = ApiClient(first.user)
        refusal(ApiClient(shop.customer()).post(f"/orders/{first.pk}/arrived"), 404, "NOT_FOUND")
        refusal(ApiClient(urgent.user).post(f"/orders/{urgent.pk}/arrived"), 409, "ORDER_NOT_READY")
        refusal(ada.post(f"/orders/{first.pk}/arrived", {"bay": "x" * 21}), 400, "VALIDATION_ERROR")
        web = Client()
        web.force_login(first.user)
        web.post(f"/orders/{first.order_number}/arrived/", {"bay": "x" * 21})
        assert ada.get(f"/orders/{first.pk}").json()["data"]["pickup"]["arrived_at"] is None
        body = ada.post(f"/orders/{first.pk}/arrived", {"bay": "B 12"}).json()["data"]["pickup"]
        assert body["bay"] == "B 12"
        assert body["arrived_at"]
        ApiClient(second.user).post(f"/orders/{second.pk}/arrived")
        ten = clock.now() - dt.timedelta(minutes=10)
        OrderPickup.objects.filter(order=second).update(arrived_at=ten)
        again = ada.post(f"/orders/{first.pk}/arrived", {"bay": "C 1"}).json()["data"]["pickup"]
        assert (again["bay"], again["arrived_at"]) == ("C 1", body["arrived_at"])
        rows = eli.get("/ops/orders?limit=1").json()["data"]
        assert [row["order_id"] for row in rows][:2] == [second.pk, first.pk]
        assert [row["waited_minutes"] for row in rows] == [10, 0, None]
        assert urgent.pk == rows[2]["order_id"]
        page = Client()
        page.force_login(eli.user)
        html = page.get("/ops/").content.decode()
        numbers = (second.order_number, first.order_number, urgent.order_number)
        places = [html.index(f'id="o-{number}"') for number in numbers]
        assert places == sorted(places)

    def test_five_wrong_codes_and_no_more(self, shop: Shop) -> None:
        order, page = self.pickup(shop), Client()
        page.force_login(shop.manager())
        path = f"/ops/orders/{order.order_number}/hand-over/"
        for _ in range(5):
            page.post(path, {"code": "nope"})
        page.post(path, {"code": order.pickup.code})
        order.refresh_from_db()
        assert order.status == "READY"


class TestNotDelivered:
    def test_attempts_count_and_tell_why(self, shop: Shop) -> None:
        order, mia = ready(shop.order()), shop.manager()
        client = ApiClient(mia)
        path = f"/ops/orders/{order.pk}/status"
        early = client.patch(path, {"status": "OUT_FOR_DELIVERY", "reason_code": "NOT_HOME"})
        assert "reason_code" in refusal(early, 400, "VALIDATION_ERROR")["fields"]
        for attempt in (1, 2):
            change_status(actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now())
            body = client.patch(path, {"status": "DELAYED", "reason_code": "NOT_HOME"}).json()
            assert body["data"]["attempts"] == attempt
        told = order.timeline.last()
        assert told is not None
        assert told.reason_code == "NOT_HOME"
        payment = body["data"]["payment"]
        assert payment["status"] == "CAPTURED"
        assert payment["refunded"] == "0.00"
        unknown = client.patch(path, {"status": "DELAYED", "reason_code": "WEATHER"})
        refusal(unknown, 400, "VALIDATION_ERROR")
        mine = ApiClient(order.user).get(f"/orders/{order.pk}").json()["data"]
        assert mine["can_change"]
        assert mine["items"][0]["charged"] == "30.00"
        assert mine["items"][0]["vat_class"] == "STANDARD"


def test_the_pages_of_a_customer(shop: Shop, client: Client) -> None:
    order = shop.order()
    client.force_login(shop.employee())
    client.cookies["mami_language"] = "en"
    page = client.get("/ops/customers/", {"q": order.user.email})
    assert order.user.full_name in page.content.decode()
    assert client.get("/ops/customers/", {"q": "zz"}).status_code == 422
    path = f"/ops/customers/{order.user_id}/"
    client.post(f"{path}note/", {"text": "rings <b>twice</b>"})
    client.post(f"/ops/orders/{order.order_number}/note/", {"text": "second floor"})
    body = client.get(path).content.decode()
    assert order.order_number in body
    assert "rings &lt;b&gt;twice" in body
    assert "second floor" in body
    shown = client.get(f"/ops/orders/{order.order_number}/").content.decode()
    assert "second floor" in shown
    assert "twice" not in shown
    assert client.get("/ops/customers/999999/").status_code == 404
    client.force_login(order.user)
    assert client.get(path).status_code in (403, 404)

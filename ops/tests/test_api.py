"""The staff's orders through the JSON API."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps

from branches.models import Branch
from checkout.models import IdempotencyKey
from core import clock, faults
from core.clock import shop_date
from orders.models import Order
from orders.services import change_status, pick_item
from payments import services as payments
from tests.api_client import refusal
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def eli(shop, api):
    return api(shop.employee())


@pytest.fixture
def mia(shop, api):
    return api(shop.manager())


def due(order, **ahead):
    Order.objects.filter(pk=order.pk).update(due_at=clock.now() + dt.timedelta(**ahead))


def move(client, order, to, status=200, code=""):
    response = client.patch(f"/ops/orders/{order.pk}/status", {"status": to})
    return refusal(response, status, code) if code else response.json()["data"]


def answer(client, order, item, picked_status, **more):
    path = f"/ops/orders/{order.pk}/items/{item.pk}/picked-status"
    return client.patch(path, {"picked_status": picked_status, **more})


class TestQueue:
    @pytest.mark.quick
    def test_row(self, shop, eli):
        ada = shop.customer()
        order = shop.order(ada, {shop.product(): 2, shop.weighed(): "1.5"})
        row = eli.get("/ops/orders").json()["data"][0]
        assert row | {
            "order_id": order.pk, "order_number": order.order_number, "status": "CREATED",
            "fulfillment_type": "DELIVERY", "customer_name": ada.full_name, "urgency": "scheduled",
            "items_total": 2, "items_picked": 0, "items_missing": 0, "items_pending": 2, "picker": None,
        } == row  # fmt: skip
        assert [line["picked_status"] for line in row["items"]] == ["PENDING", "PENDING"]
        assert row["delivery_slot"]["start_time"] == "10:00"

    def test_urgency_sorts_the_whole_result(self, shop, eli):
        late, soon, now = shop.order(), shop.order(), shop.order()
        due(soon, hours=2)
        due(now, minutes=-5)
        rows = eli.get("/ops/orders?limit=2").json()
        assert [(r["order_id"], r["urgency"]) for r in rows["data"]] == [
            (now.pk, "critical"), (soon.pk, "dueSoon")
        ]  # fmt: skip
        rest = eli.get(f"/ops/orders?limit=2&cursor={rows['pagination']['next_cursor']}").json()
        assert [r["order_id"] for r in rest["data"]] == [late.pk]
        assert rest["pagination"]["has_next"] is False
        assert rest["pagination"]["next_cursor"] is None

    def test_filters(self, shop, eli):
        ada = shop.customer()
        first, second = shop.order(ada), shop.order()
        Order.objects.filter(pk=second.pk).update(status="DELIVERED")

        def found(query):
            return [r["order_id"] for r in eli.get(f"/ops/orders?{query}").json()["data"]]

        assert found("status=CREATED") == [first.pk]
        assert len(found("status=CREATED&status=DELIVERED")) == 2
        assert found(f"q={first.order_number}") == [first.pk]
        assert found(f"q={ada.email}") == [first.pk]
        assert found("q=nobody@x.test") == []
        assert len(found(f"dateFrom={shop.date}&dateTo={shop.date}")) == 2
        assert found(f"date_to={shop_date(clock.now())}") == []
        assert found(f"branchId={shop.branch.pk}") == []
        assert found("sort=-created_at") == [second.pk, first.pk]
        refusal(eli.get("/ops/orders?sort=name"), 400, "VALIDATION_ERROR")
        refusal(eli.get("/ops/orders?cursor=made-up"), 400, "VALIDATION_ERROR")
        refusal(eli.get("/ops/orders?branchId=999999"), 404, "NOT_FOUND")
        refusal(eli.get("/ops/orders?dateFrom=today"), 400, "VALIDATION_ERROR")

    def test_customers_may_not(self, shop, api):
        refusal(api(shop.customer()).get("/ops/orders"), 403, "PERMISSION_DENIED")
        refusal(api().get("/ops/orders"), 401, "NOT_AUTHENTICATED")

    def test_queries_do_not_grow(self, shop, eli, django_assert_num_queries):
        shop.order()
        with django_assert_num_queries(5):
            eli.get("/ops/orders")
        shop.order()
        with django_assert_num_queries(5):
            eli.get("/ops/orders")


class TestOrder:
    def test_with_places_and_moves(self, shop, eli, mia):
        milk = shop.product(bin="A01-1-2", barcode="7290000000017")
        order = shop.order(quantities={milk: 3})
        data = eli.get(f"/ops/orders/{order.pk}").json()["data"]
        assert data["items"][0]["bin_location"] == "A01-1-2"
        assert data["items"][0]["barcode"] == "7290000000017"
        assert data["items"][0]["available_quantity"] == 97
        assert data["allowed_transitions"] == ["IN_PROGRESS"]
        managers = mia.get(f"/ops/orders/{order.pk}").json()["data"]
        assert managers["allowed_transitions"] == ["IN_PROGRESS", "DELAYED", "CANCELED"]
        refusal(eli.get("/ops/orders/999999"), 404, "NOT_FOUND")

    def test_queries(self, shop, eli, django_assert_num_queries):
        order = shop.order(quantities={shop.product(): 1, shop.product(): 1})
        with django_assert_num_queries(7):  # the last ones for its holds and notes
            eli.get(f"/ops/orders/{order.pk}")


class TestPicking:
    def test_to_ready_and_out(self, shop, eli, mia):
        milk, tomato = shop.product(), shop.weighed()
        order = shop.order(quantities={milk: 3, tomato: "1.5"})
        assert move(eli, order, "IN_PROGRESS")["picker"]["name"]
        first, second = order.items.order_by("product_id")
        data = answer(eli, order, first, "PICKED").json()["data"]
        assert data["items"][0]["picked_quantity"] == 3
        details = move(eli, order, "READY", 409, "INVALID_STATUS_TRANSITION")
        assert details | {"from": "IN_PROGRESS", "to": "READY", "blocked_by": "ITEMS_PENDING"} == (
            details
        )
        answer(eli, order, second, "PICKED", picked_quantity=1.4)
        assert move(eli, order, "READY")["status"] == "READY"
        move(eli, order, "OUT_FOR_DELIVERY", 409, "INVALID_STATUS_TRANSITION")
        assert move(mia, order, "OUT_FOR_DELIVERY")["status"] == "OUT_FOR_DELIVERY"
        assert move(mia, order, "DELIVERED")["status"] == "DELIVERED"
        assert shop.stock(milk) == (97, 0)

    def test_missing(self, shop, eli, mia):
        milk, bread = shop.product(), shop.product()
        order = shop.order(quantities={milk: 1, bread: 1})
        move(eli, order, "IN_PROGRESS")
        first, second = order.items.order_by("product_id")
        answer(eli, order, first, "PICKED")
        answer(eli, order, second, "MISSING", reason="shelf empty")
        details = move(eli, order, "READY", 409, "INVALID_STATUS_TRANSITION")
        assert details["blocked_by"] == "ITEMS_MISSING"
        assert move(eli, order, "MISSING")["status"] == "MISSING"
        assert move(mia, order, "READY")["status"] == "READY"

    def test_only_in_picking(self, shop, eli):
        order = shop.order()
        response = answer(eli, order, order.items.get(), "PICKED")
        refusal(response, 409, "ORDER_NOT_IN_PICKING")
        assert order.items.get().picked_status == "PENDING"

    def test_bad_answers(self, shop, eli):
        order = shop.order()
        move(eli, order, "IN_PROGRESS")
        item = order.items.get()
        for body in ({"picked_status": "EATEN"}, {}, {"picked_status": "PICKED", "picked_quantity": -1},
                     {"picked_status": "PICKED", "picked_quantity": 0.5}):  # fmt: skip
            path = f"/ops/orders/{order.pk}/items/{item.pk}/picked-status"
            refusal(eli.patch(path, body), 400, "VALIDATION_ERROR")
        other = shop.order().items.get()
        refusal(answer(eli, order, other, "PICKED"), 404, "NOT_FOUND")
        assert order.items.get().picked_status == "PENDING"

    def test_same_status_again(self, shop, mia):
        order = shop.order()
        move(mia, order, "CREATED", 409, "INVALID_STATUS_TRANSITION")
        refusal(
            mia.patch(f"/ops/orders/{order.pk}/status", {"status": "LOST"}), 400, "VALIDATION_ERROR"
        )


class TestRefund:
    @pytest.fixture
    def delivered(self, shop):
        order, eli, mia = shop.order(), shop.employee(), shop.manager()
        now = clock.now()
        change_status(actor=eli, order_id=order.pk, to="IN_PROGRESS", now=now)
        pick_item(
            actor=eli,
            order_id=order.pk,
            item_id=order.items.get().pk,
            picked_status="PICKED",
            now=now,
        )
        for to in ("READY", "OUT_FOR_DELIVERY"):
            change_status(actor=mia, order_id=order.pk, to=to, now=now)
        payments.perform_open_calls(now=now, limit=10)
        return order

    def refund(self, client, order, body, key="refund-1"):
        return client.post(
            f"/admin/orders/{order.pk}/refund", body, headers={"Idempotency-Key": key}
        )

    def test_once_for_one_key(self, mia, delivered):
        body = {"amount": "5.00", "reason": "squashed"}
        first = self.refund(mia, delivered, body)
        assert first.status_code == 201
        assert first.json()["data"]["amount"] == "5.00"
        payments.perform_open_calls(now=clock.now() + dt.timedelta(minutes=1))
        again = self.refund(mia, delivered, body)
        assert (again.status_code, again.content) == (200, first.content)
        for other in ({"amount": "6.00"}, {"reason": "late"}):
            refusal(
                self.refund(mia, delivered, body | other), 409, "IDEMPOTENCY_KEY_REUSE_MISMATCH"
            )
        assert apps.get_model("payments", "Refund").objects.count() == 1

    def test_a_refused_key_may_be_tried_again(self, mia, delivered):
        body = {"amount": "60.01", "reason": "squashed"}
        refusal(self.refund(mia, delivered, body), 409, "REFUND_EXCEEDS_CAPTURE")
        assert self.refund(mia, delivered, body | {"amount": "5.00"}).status_code == 201

    def test_a_request_that_died_is_finished_by_the_next_one(self, mia, delivered, monkeypatch):
        def die(**_answer):
            raise faults.Struck

        body = {"amount": "5.00", "reason": "squashed"}
        with monkeypatch.context() as here:
            here.setattr("checkout.idempotency.store_response", die)
            assert self.refund(mia, delivered, body).status_code == 500
        refusal(self.refund(mia, delivered, body), 409, "IDEMPOTENCY_IN_PROGRESS")
        IdempotencyKey.objects.update(lease_expires_at=clock.now())
        first = self.refund(mia, delivered, body)
        assert (first.status_code, first.json()["data"]["amount"]) == (201, "5.00")
        assert apps.get_model("payments", "Refund").objects.count() == 1

    def test_by_lines(self, mia, delivered):
        line = {"id": delivered.items.get().pk, "quantity": 2}
        data = self.refund(mia, delivered, {"items": [line], "reason": "spoiled"}).json()["data"]
        assert data["amount"] == "20.00"

    def test_refusals(self, shop, eli, mia, delivered):
        good = {"amount": "5.00", "reason": "squashed"}
        refusal(self.refund(eli, delivered, good), 403, "PERMISSION_DENIED")
        refusal(self.refund(mia, delivered, good, ""), 400, "MISSING_IDEMPOTENCY_KEY")
        refusal(self.refund(mia, delivered, {"amount": "5.00"}), 400, "VALIDATION_ERROR")
        refusal(self.refund(mia, delivered, {"reason": "x"}), 400, "VALIDATION_ERROR")
        refusal(
            self.refund(mia, delivered, {**good, "amount": "60.01"}), 409, "REFUND_EXCEEDS_CAPTURE"
        )
        refusal(self.refund(mia, shop.order(), good), 409, "REFUND_EXCEEDS_CAPTURE")
        assert not apps.get_model("payments", "Refund").objects.exists()


class TestPerformance:
    def test_figures(self, shop, eli, mia):
        order = shop.order(quantities={shop.product(): 1, shop.product(): 1})
        move(eli, order, "IN_PROGRESS")
        first, second = order.items.order_by("id")
        answer(eli, order, first, "PICKED")
        answer(eli, order, second, "MISSING")
        move(eli, order, "MISSING")
        move(mia, order, "READY")
        now = clock.now()
        Order.objects.filter(pk=order.pk).update(
            status="DELIVERED",
            delivered_at=now,
            claimed_at=now - dt.timedelta(minutes=30),
            picked_at=now,
        )
        data = mia.get(f"/ops/performance?dateFrom={shop.date}&dateTo={shop.date}").json()["data"]
        assert (data["from"], data["to"]) == (shop.date.isoformat(),) * 2
        assert data["orders_by_status"]["DELIVERED"] == 1
        assert (data["on_time_rate"], data["missing_rate"], data["picks_per_hour"]) == (
            1.0,
            0.5,
            4.0,
        )
        assert (
            data["pickers"][0] | {"orders": 1, "lines": 2, "picks_per_hour": 4.0}
            == (data["pickers"][0])
        )

    def test_nothing_yet(self, shop, mia, eli):
        data = mia.get("/ops/performance").json()["data"]
        assert (data["on_time_rate"], data["missing_rate"], data["pickers"]) == (None, None, [])
        refusal(eli.get("/ops/performance"), 403, "PERMISSION_DENIED")


class TestBranches:
    BODY = {"name_he": "צפון", "name_en": "North", "address": "1 Road", "city": "Akko"}

    def test_life(self, shop, mia):
        milk = shop.product()
        made = mia.post("/admin/branches", self.BODY)
        assert made.status_code == 201
        data = made.json()["data"]
        assert (data["name"], data["address_he"], data["city_en"]) == ("North", "1 Road", "Akko")
        assert shop.stock(milk, Branch.objects.get(pk=data["id"])) == (0, 0)
        path = f"/admin/branches/{data['id']}"
        assert mia.patch(path, {"phone": "04-1234567"}).json()["data"]["phone"] == "04-1234567"
        assert mia.delete(path).status_code == 204
        assert mia.get(path).json()["data"]["is_active"] is False
        assert data["id"] in [b["id"] for b in mia.get("/admin/branches").json()["data"]]
        assert data["id"] not in [b["id"] for b in mia.get("/branches").json()["data"]]
        assert mia.patch(path, {"is_active": True}).json()["data"]["is_active"] is True
        actions = [row.action for row in shop.audit(entity_type="branch", entity_id=data["id"])]
        assert actions == ["CREATE", "UPDATE", "DEACTIVATE", "ACTIVATE"]

    def test_refusals(self, shop, mia, eli):
        refusal(mia.post("/admin/branches", {"name": "X"}), 400, "VALIDATION_ERROR")
        taken = {**self.BODY, "name_en": shop.branch.name_en}
        refusal(mia.post("/admin/branches", taken), 409, "DUPLICATE_NAME")
        hours = {**self.BODY, "opening_hours": {"9": ["07:00", "22:00"]}}
        refusal(mia.post("/admin/branches", hours), 400, "VALIDATION_ERROR")
        refusal(mia.delete(f"/admin/branches/{shop.warehouse.pk}"), 409, "DELIVERY_SOURCE_REQUIRED")
        refusal(mia.delete("/admin/branches/999999"), 404, "NOT_FOUND")
        refusal(eli.post("/admin/branches", self.BODY), 403, "PERMISSION_DENIED")
        assert Branch.objects.count() == 2

"""Orders changed by staff, moved to other windows, and those whose window fell away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import User
from branches.models import Closure
from catalog.models import Product
from core import clock
from core.transactions import write_transaction
from orders.models import Order
from orders.selectors import can_cancel, change_refusal, order_by_id
from orders.services import cancel, change_status, claim_order, finish_picking, pick_item, reslot
from orders.services.unpaid import cancel_unpaid, lose_hold
from orders.staff_models import LineEdit
from orders.tests.holds import payment
from tests.api_client import refusal
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal(160))


def owner(order: Order) -> User:
    order.user.language = "en"
    order.user.save()
    return order.user


def ask(api: Any, actor: User, path: str, key: str | None = "k", **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return api(actor).post(path, body, headers=headers)


def mails(kind: str) -> int:
    return int(apps.get_model("notifications", "Message").objects.filter(kind=kind).count())


class TestOwnersApi:
    def test_preview_and_change(self, shop: Shop, api: Any, milk: Product) -> None:
        bread = shop.product(price=Decimal("25.50"))
        order = shop.order(quantities={milk: 1})
        ada = owner(order)
        path = f"/orders/{order.pk}/change"
        before = api(ada).get(f"/orders/{order.pk}").json()["data"]
        assert (before["version"], before["can_change"], before["amount_due"]) == (
            1,
            True,
            "160.00",
        )
        assert before["change_until"]
        asked = {
            "lines": [
                {"product_id": milk.pk, "quantity": 1},
                {"product_id": bread.pk, "quantity": 1, "note": "dark crust"},
            ]
        }

        seen = ask(api, ada, f"{path}/preview", None, **asked).json()["data"]
        assert (seen["difference"], seen["total"], seen["total_before"]) == (
            "25.50", "185.50", "160.00",
        )  # fmt: skip
        assert (seen["version"], seen["needs_new_hold"]) == (1, True)
        asked |= {"expected_version": seen["version"], "expected_total": seen["total"]}
        done = ask(api, ada, path, **asked)

        assert done.status_code == 200
        data = done.json()["data"]
        assert (data["version"], data["total_amount"]) == (2, "185.50")
        assert [line["note"] for line in data["items"]] == ["", "dark crust"]
        assert ask(api, ada, path, **asked).json()["data"]["version"] == 2
        assert mails("order_changed") == 1
        entries = shop.audit(entity_type="order", entity_id=order.pk, action="UPDATE")
        assert [entry.new_value["version"] for entry in entries] == [2]

    def test_refusals(self, shop: Shop, api: Any, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        ada, path = owner(order), f"/orders/{order.pk}/change"
        seen = {"expected_version": 1, "expected_total": "160.00"}
        two = {"lines": [{"product_id": milk.pk, "quantity": 2}]}
        refusal(ask(api, ada, path, None, **two, **seen), 400, "MISSING_IDEMPOTENCY_KEY")
        refusal(ask(api, ada, path, **seen), 400, "VALIDATION_ERROR")
        refusal(ask(api, ada, path, **two), 400, "VALIDATION_ERROR")
        refusal(ask(api, ada, path, lines=[], **seen), 400, "VALIDATION_ERROR")
        refusal(ask(api, ada, path, **two, **seen), 409, "PRICE_CHANGED")
        old = {**seen, "expected_version": 7}
        assert refusal(ask(api, ada, path, **two, **old), 409, "ORDER_CHANGED")["version"] == 1
        stranger = shop.customer()
        refusal(ask(api, stranger, path, **two, **seen), 404, "NOT_FOUND")
        refusal(ask(api, stranger, f"{path}/preview", None, **two), 404, "NOT_FOUND")
        refusal(ask(api, shop.manager(), path, **two, **seen), 403, "PERMISSION_DENIED")
        many = [{"product_id": n, "quantity": 1} for n in range(1, 302)]
        refusal(ask(api, ada, path, lines=many, **seen), 400, "VALIDATION_ERROR")
        claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
        details = refusal(ask(api, ada, path, **two, **seen), 409, "ORDER_NOT_CHANGEABLE")
        assert details["reason"] == "PICKING"
        order.refresh_from_db()
        assert order.version == 1
        assert shop.stock(milk) == (100, 1)
        assert mails("order_changed") == 0


class TestByStaff:
    def change(self, api: Any, mia: User, order: Order, total: str, **asked: Any) -> Any:
        order.refresh_from_db()
        body = {"expected_version": order.version, "expected_total": total, **asked}
        return ask(
            api, mia, f"/ops/orders/{order.pk}/change", f"k{order.version}{total}",
            reason="We have only one", **body,
        )  # fmt: skip

    def test_less_until_it_leaves(self, shop: Shop, api: Any, milk: Product) -> None:
        order, mia = shop.order(quantities={milk: 3}), shop.manager()
        late = order.due_at - dt.timedelta(minutes=30)
        claim_order(actor=shop.employee(), order_id=order.pk, now=late)
        one = {"lines": [{"product_id": milk.pk, "quantity": 1}]}

        preview = ask(api, mia, f"/ops/orders/{order.pk}/change/preview", None, **one)
        assert preview.json()["data"]["difference"] == "-320.00"
        data = self.change(api, mia, order, "160.00", **one).json()["data"]

        assert (data["total_amount"], data["version"], data["status"]) == (
            "160.00", 2, "IN_PROGRESS",
        )  # fmt: skip
        assert mails("order_changed") == 1
        refusal(
            ask(api, shop.employee(), f"/ops/orders/{order.pk}/change", **one),
            403, "PERMISSION_DENIED",
        )  # fmt: skip

    def test_what_staff_changed_is_told_line_by_line(
        self, shop: Shop, api: Any, milk: Product
    ) -> None:
        """`changes[]`: taken out, added and another price, each with staff's reason."""
        bread, rice = shop.product(price=Decimal(10)), shop.product(price=Decimal(30))
        order, mia = shop.order(quantities={milk: 2, bread: 2}), shop.manager()
        apps.get_model("catalog", "Product").objects.filter(pk=bread.pk).update(price=Decimal(8))
        wanted = [(milk, 1), (bread, 3), (rice, 1)]
        body = {"lines": [{"product_id": one.pk, "quantity": n} for one, n in wanted]}
        data = self.change(api, mia, order, "214.00", **body).json()["data"]
        told = {
            (one["kind"], one["ordered"], one["packed"], one["before"], one["after"], one["why"])
            for one in data["changes"]
        }
        why = "We have only one"
        assert told == {
            ("REMOVED", 2, 1, "320.00", "160.00", why),
            ("ADDED", 2, 3, "20.00", "24.00", why),
            ("ADDED", 0, 1, "0.00", "30.00", why),
        }
        own = api(owner(order)).get(f"/orders/{order.pk}").json()["data"]
        assert len(own["changes"]) == 3
        LineEdit.objects.update(kind="PRICE")
        told_price = api(owner(order)).get(f"/orders/{order.pk}").json()["data"]["changes"]
        assert {one["kind"] for one in told_price} == {"PRICE"}

    def test_what_is_packed_stays_packed(self, shop: Shop, api: Any, milk: Product) -> None:
        order, mia, eli = shop.order(quantities={milk: 3}), shop.manager(), shop.employee()
        claim_order(actor=eli, order_id=order.pk, now=clock.now())
        item = order.items.get()
        pick_item(
            actor=eli, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
            picked_quantity=Decimal(2), now=clock.now(),
        )  # fmt: skip
        one = {"lines": [{"product_id": milk.pk, "quantity": 1}]}
        refusal(self.change(api, mia, order, "160.00", **one), 400, "VALIDATION_ERROR")
        two = {"lines": [{"product_id": milk.pk, "quantity": 2}]}
        assert self.change(api, mia, order, "320.00", **two).status_code == 200
        item.refresh_from_db()
        assert (item.quantity, item.picked_quantity) == (2, 2)
        assert shop.stock(milk) == (98, 0)

    def test_a_picked_order_with_more_in_it_is_picked_on(
        self, shop: Shop, api: Any, milk: Product
    ) -> None:
        bread = shop.product(price=Decimal(10))
        order, mia, eli = shop.order(quantities={milk: 2}), shop.manager(), shop.employee()
        claim_order(actor=eli, order_id=order.pk, now=clock.now())
        item = order.items.get()
        pick_item(
            actor=eli, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
            picked_quantity=Decimal(1), now=clock.now(),
        )  # fmt: skip
        finish_picking(actor=eli, order_id=order.pk, now=clock.now())
        more = {
            "lines": [
                {"product_id": milk.pk, "quantity": 1},
                {"product_id": bread.pk, "quantity": 1},
            ]
        }

        data = self.change(api, mia, order, "170.00", **more).json()["data"]

        assert data["status"] == "IN_PROGRESS"
        assert [line["picked_status"] for line in data["items"]] == ["PICKED", "PENDING"]
        assert shop.stock(bread) == (100, 1)

    def test_no_more_than_is_held_without_a_card_kept(
        self, shop: Shop, api: Any, milk: Product
    ) -> None:
        ada = shop.customer(card=None)
        order = shop.order(ada, {milk: 1}, request=shop.request(payment=shop.raw_card("tok_visa")))
        two = {"lines": [{"product_id": milk.pk, "quantity": 2}]}
        details = refusal(
            self.change(api, shop.manager(), order, "320.00", **two), 409, "EXCEEDS_HOLD"
        )
        assert details["authorized"] == "160.00"
        assert shop.stock(milk) == (100, 1)
        assert len(shop.payments(ada)) == 1


class TestReslot:
    def test_an_unpaid_order_may_be_paid_until_its_new_window(
        self, shop: Shop, milk: Product
    ) -> None:
        """Else the job would cancel, at the old hour, what was just given another day."""
        order, now = shop.order(quantities={milk: 1}), clock.now()
        Order.objects.filter(pk=order.pk).update(status="DELAYED")
        order.refresh_from_db()
        with write_transaction():
            lose_hold(order=order, reason="expired", now=now)
        old = payment(order).pay_until
        assert old == order.due_at
        later = shop.date + dt.timedelta(days=7)
        reslot(
            actor=shop.manager(), order_id=order.pk, slot_id=shop.slot.pk, date=later,
            reason="road closed", now=now,
        )  # fmt: skip
        order.refresh_from_db()
        assert payment(order).pay_until == order.due_at > old
        assert not cancel_unpaid(order_id=order.pk, now=old)
        assert cancel_unpaid(order_id=order.pk, now=order.due_at)

    def test_past_the_customers_hour_and_the_customer_may_choose_again(
        self, shop: Shop, milk: Product
    ) -> None:
        order, mia = shop.order(quantities={milk: 1}), shop.manager()
        late = order.due_at - dt.timedelta(minutes=10)
        after = order.due_at + dt.timedelta(hours=1)  # past the new window's hour too
        seen = order_by_id(order_id=order.pk)
        assert change_refusal(order=seen, now=late) == "CUTOFF"

        reslot(
            actor=mia, order_id=order.pk, slot_id=shop.later_slot.pk, date=shop.date,
            reason="The van broke down", now=late,
        )  # fmt: skip

        seen = order_by_id(order_id=order.pk)
        assert (seen.version, seen.total_amount) == (2, Decimal(160))
        assert seen.due_at == order.due_at + dt.timedelta(hours=2)
        assert (shop.taken(), shop.taken(shop.later_slot)) == (0, 1)
        assert mails("order_window") == 1
        assert change_refusal(order=seen, now=after) == ""
        assert can_cancel(order=seen)
        claim_order(actor=shop.employee(), order_id=order.pk, now=after)
        assert change_refusal(order=order_by_id(order_id=order.pk), now=after) == "PICKING"

    def test_through_the_api(self, shop: Shop, api: Any, milk: Product) -> None:
        order, mia = shop.order(quantities={milk: 1}), shop.manager()
        body = {
            "delivery_slot_id": shop.later_slot.pk,
            "delivery_date": shop.date.isoformat(),
            "reason": "The van broke down",
        }
        data = ask(api, mia, f"/ops/orders/{order.pk}/reslot", None, **body).json()["data"]
        assert (data["version"], data["delivery_slot"]["start_time"]) == (2, "12:00")
        again = ask(api, mia, f"/ops/orders/{order.pk}/reslot", None, **body).json()["data"]
        assert again["version"] == 2

    def test_refusals(self, shop: Shop, api: Any, milk: Product) -> None:
        order, mia = shop.order(quantities={milk: 1}), shop.manager()
        path = f"/ops/orders/{order.pk}/reslot"
        body = {"delivery_slot_id": shop.later_slot.pk, "delivery_date": shop.date.isoformat()}
        refusal(ask(api, mia, path, None, **body), 400, "VALIDATION_ERROR")
        body["reason"] = "The van broke down"
        refusal(ask(api, shop.employee(), path, None, **body), 403, "PERMISSION_DENIED")
        shop.later_slot.capacity = 0
        shop.later_slot.save()
        refusal(ask(api, mia, path, None, **body), 409, "SLOT_FULL")
        unknown = {**body, "delivery_slot_id": 987654}
        refusal(ask(api, mia, path, None, **unknown), 404, "NOT_FOUND")
        assert ask(api, mia, path, None, **body, over_capacity=True).status_code == 200
        cancel(actor=order.user, order_id=order.pk, now=clock.now())
        details = refusal(ask(api, mia, path, None, **body), 409, "ORDER_NOT_CHANGEABLE")
        assert details["reason"] == "CANCELED"
        assert (shop.taken(), shop.taken(shop.later_slot)) == (0, 0)


class TestAfterAnAttempt:
    def test_only_window_and_address_change_and_no_money(
        self, shop: Shop, api: Any, milk: Product
    ) -> None:
        order, mia, eli = shop.order(quantities={milk: 1}), shop.manager(), shop.employee()
        claim_order(actor=eli, order_id=order.pk, now=clock.now())
        item = order.items.get()
        pick_item(
            actor=eli, order_id=order.pk, item_id=item.pk, picked_status="PICKED", now=clock.now()
        )
        finish_picking(actor=eli, order_id=order.pk, now=clock.now())
        for to in ("OUT_FOR_DELIVERY", "DELAYED"):
            change_status(actor=mia, order_id=order.pk, to=to, now=clock.now(), reason="not home")
        ada = owner(order)
        seen = {"expected_version": 1, "expected_total": "160.00"}
        window = {
            "delivery_slot_id": shop.later_slot.pk,
            "delivery_date": shop.date.isoformat(),
        }
        lines = {"lines": [{"product_id": milk.pk, "quantity": 2}]}
        path = f"/orders/{order.pk}/change"

        details = refusal(ask(api, ada, path, **lines, **seen), 409, "ORDER_NOT_CHANGEABLE")
        assert details["reason"] == "LEFT"
        data = api(ada).get(f"/orders/{order.pk}").json()["data"]
        assert (data["can_change"], data["change_until"]) == (True, None)  # no hour ends it
        browser = Client()
        browser.force_login(ada)
        page = browser.get(f"/orders/{order.order_number}/").content.decode()
        heading = page[page.index('id="order-heading"') :][:1500]
        assert f"/orders/{order.order_number}/change/" in heading  # one button: choose a time
        form = browser.get(f"/orders/{order.order_number}/change/").content.decode()
        assert 'name="quantity_' not in form
        assert 'value="pickup"' not in form
        data = ask(api, ada, path, **window, **seen).json()["data"]

        assert (data["status"], data["delivery_slot"]["start_time"]) == ("DELAYED", "12:00")
        assert (data["total_amount"], data["payment"]["captured"]) == ("160.00", "160.00")
        assert (shop.taken(), shop.taken(shop.later_slot)) == (0, 1)


class TestAffected:
    def causes(self, api: Any, shop: Shop) -> list[tuple[str, str]]:
        data = api(shop.manager()).get("/ops/orders/affected").json()["data"]
        return [(row["order_number"], row["cause"]) for row in data]

    def test_each_cause(self, shop: Shop, api: Any, milk: Product) -> None:
        first, second = shop.order(quantities={milk: 1}), shop.order(quantities={milk: 1})
        assert self.causes(api, shop) == []
        shop.slot.capacity = 1
        shop.slot.save()
        assert self.causes(api, shop) == [(second.order_number, "CAPACITY")]
        shop.slot.is_active = False
        shop.slot.save()
        both = [first.order_number, second.order_number]
        assert self.causes(api, shop) == [(number, "SLOT") for number in both]
        shop.slot.is_active, shop.slot.capacity = True, 50
        shop.slot.save()
        closure = Closure.objects.create(
            starts_at=first.due_at,
            ends_at=first.due_at + dt.timedelta(hours=1),
            reason_he="חג",
            reason_en="Holiday",
        )
        assert self.causes(api, shop) == [(number, "CLOSURE") for number in both]
        [row, _] = api(shop.manager()).get("/ops/orders/affected").json()["data"]
        assert row["suggested"][0]["slot_id"] == shop.later_slot.pk
        assert len(row["suggested"]) <= 3
        reslot(
            actor=shop.manager(), order_id=first.pk, slot_id=shop.later_slot.pk, date=shop.date,
            reason="Holiday", now=clock.now(),
        )  # fmt: skip
        cancel(actor=second.user, order_id=second.pk, now=clock.now())
        assert self.causes(api, shop) == []
        closure.delete()

    def test_for_managers(self, shop: Shop, api: Any) -> None:
        refusal(api(shop.employee()).get("/ops/orders/affected"), 403, "PERMISSION_DENIED")

    @pytest.mark.parametrize("count", [1, 4])
    def test_asks_as_often_for_any_number(
        self, shop: Shop, milk: Product, count: int, django_assert_max_num_queries: Any
    ) -> None:
        from ops.selectors.affected import affected_orders

        for _ in range(count):
            shop.order(quantities={milk: 1})
        shop.slot.is_active = False
        shop.slot.save()
        with django_assert_max_num_queries(8):
            assert len(affected_orders(now=clock.now())) == count

"""When something has run out, the customer's choice decides; and what changed is always told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from cart.models import CartItem
from catalog.models import Product
from core import clock
from orders.errors import InvalidStatusTransition
from orders.models import Order
from orders.selectors import order_by_id
from orders.services import (
    change_status,
    claim_order,
    finish_picking,
    pick_item,
    substitute,
)
from orders.tests.test_mailing import send
from tests.html import one_line
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def ordered(shop: Shop, wanted: dict[Product, Any], choice: str) -> Order:
    ada = shop.customer()
    ada.language = "en"
    ada.save()
    shop.fill(ada, wanted)
    CartItem.objects.filter(cart__user=ada).update(substitution=choice)
    order = Order.objects.get(pk=shop.confirm(ada, key=f"c{ada.pk}").order_id)
    claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
    order.refresh_from_db()
    return order


def pick(order: Order, product: Product, found: int | str | None) -> None:
    item = order.items.get(product=product, substitute_for=None)
    assert order.picker is not None
    pick_item(
        actor=order.picker,
        order_id=order.pk,
        item_id=item.pk,
        picked_status="PICKED" if found else "MISSING",
        picked_quantity=Decimal(found) if found else None,
        now=clock.now(),
    )


def finish(order: Order) -> str:
    assert order.picker is not None
    return finish_picking(actor=order.picker, order_id=order.pk, now=clock.now()).status


def story(order: Order) -> list[tuple[str, str, bool]]:
    rows = order.timeline.order_by("pk")
    return [(row.status, row.reason, row.actor_id is None) for row in rows]


def told(order: Order) -> int:
    messages = apps.get_model("notifications", "Message").objects
    return int(messages.filter(kind="order_missing", user=order.user).count())


class TestTheChoiceDecides:
    def test_a_missing_line_that_wants_no_substitute(self, shop: Shop) -> None:
        milk, bread = shop.product(), shop.product()
        order = ordered(shop, {milk: 1, bread: 1}, "REFUND")
        pick(order, milk, 1)
        pick(order, bread, None)

        assert finish(order) == "READY"

        assert story(order)[-2:] == [
            ("MISSING", "", False),
            ("READY", "BY_CUSTOMERS_CHOICE", True),
        ]
        order.refresh_from_db()
        assert order.was_ready
        assert told(order) == 1
        messages = apps.get_model("notifications", "Message").objects.filter(user=order.user)
        assert not messages.filter(kind="order_ready").exists()  # one mail says both
        entries = shop.audit(entity_type="order", entity_id=order.pk, action="STATUS_CHANGE")
        assert [entry.new_value["status"] for entry in entries][-2:] == ["MISSING", "READY"]

    def test_a_pickup_is_told_by_mail_and_called_by_phone(self, shop: Shop) -> None:
        milk, bread = shop.product(), shop.product()
        ada = shop.customer()
        ada.phone, ada.phone_verified = "+972542234567", True
        ada.save()
        order = shop.order(ada, quantities={milk: 1, bread: 1}, request=shop.pickup())
        order.items.update(substitution="REFUND")
        claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
        order.refresh_from_db()
        pick(order, milk, 1)
        pick(order, bread, None)
        assert finish(order) == "READY"
        messages = apps.get_model("notifications", "Message").objects.filter(user=ada)
        ready = messages.filter(kind__in=["order_missing", "order_ready"])
        assert sorted(ready.values_list("channel", "kind")) == [
            ("EMAIL", "order_missing"),
            ("SMS", "order_ready"),
        ]

    def test_less_than_ordered_is_ready_and_told(
        self, shop: Shop, client: Client, mailoutbox: list[Any]
    ) -> None:
        """3 × 7.90, none instead, 2 found: 15.80, and nobody has to look."""
        milk = shop.product(price=Decimal("7.90"), name_en="Milk")
        order = ordered(shop, {milk: 3}, "REFUND")
        pick(order, milk, 2)

        assert finish(order) == "READY"

        assert [row[0] for row in story(order)] == ["CREATED", "IN_PROGRESS", "READY"]
        [change] = changes(order)
        assert (change["kind"], change["ordered"], change["packed"]) == ("SHORT", 3, 2)
        assert (change["before"], change["after"]) == ("23.70", "15.80")
        assert told(order) == 1
        client.cookies["mami_language"] = "en"
        client.force_login(order.user)
        page = one_line(client.get(f"/orders/{order.order_number}/"))
        box = page.split('id="order-changes"')[1].split("</section>")[0]
        assert "2 of 3" in box
        assert "−<bdi" in box
        assert "7.90" in box
        mail = send("order_missing", mailoutbox)
        assert "2 of 3" in mail.body

    def test_the_closest_one_wanted_waits_for_a_manager(self, shop: Shop) -> None:
        milk, bread = shop.product(), shop.product()
        order = ordered(shop, {milk: 1, bread: 1}, "BEST_MATCH")
        pick(order, milk, 1)
        pick(order, bread, None)
        assert finish(order) == "MISSING"
        assert told(order) == 0
        change_status(actor=shop.manager(), order_id=order.pk, to="READY", now=clock.now())
        assert told(order) == 1

    def test_nothing_packed_is_never_ready_by_itself(self, shop: Shop) -> None:
        milk = shop.product()
        order = ordered(shop, {milk: 1}, "REFUND")
        pick(order, milk, None)
        assert finish(order) == "MISSING"

    @pytest.mark.parametrize("found", [None, 1])
    def test_who_wants_to_be_asked_is_asked_first(self, shop: Shop, found: int | None) -> None:
        milk, bread = shop.product(), shop.product()
        order = ordered(shop, {milk: 1, bread: 2}, "CALL_ME")
        pick(order, milk, 1)
        pick(order, bread, found)
        with pytest.raises(InvalidStatusTransition) as refusal:
            change_status(actor=shop.manager(), order_id=order.pk, to="READY", now=clock.now())
        assert refusal.value.details["blocked_by"] == "ITEMS_MISSING"
        assert finish(order) == "MISSING"

    def test_all_found_is_no_change_and_no_mail(self, shop: Shop) -> None:
        milk = shop.product()
        order = ordered(shop, {milk: 2}, "CALL_ME")
        pick(order, milk, 2)
        assert finish(order) == "READY"
        assert changes(order) == []
        assert told(order) == 0


class TestTold:
    def test_a_substitute_is_told_with_its_money(self, shop: Shop) -> None:
        """2 × 9.90 missing; 11.50 each is lowered to 19.80, 8.00 each is 16.00."""
        for price, after in (("11.50", "19.80"), ("8.00", "16.00")):
            milk = shop.product(price=Decimal("9.90"), name_en="Milk")
            other = shop.product(price=Decimal(price), name_he="Other milk")
            order = ordered(shop, {milk: 2}, "BEST_MATCH")
            assert order.picker is not None
            substitute(
                actor=order.picker, order_id=order.pk, item_id=order.items.get().pk,
                product_id=other.pk, now=clock.now(),
            )  # fmt: skip
            assert finish(order) == "READY"
            [change] = changes(order)
            assert (change["kind"], change["substitute"]) == ("SUBSTITUTE", "Other milk")
            assert (change["before"], change["after"]) == ("19.80", after)
            assert told(order) == 1

    def test_another_weight_is_shown_but_not_written_about(self, shop: Shop) -> None:
        kilo = shop.weighed(price=Decimal(10))
        order = ordered(shop, {kilo: "1"}, "REFUND")
        pick(order, kilo, "0.95")
        assert finish(order) == "READY"
        [change] = changes(order)
        assert (change["kind"], change["after"]) == ("WEIGHT", "9.50")
        assert told(order) == 0

    @pytest.mark.parametrize(
        ("choice", "words"),
        [
            ("REFUND", "Not all of it was there, and you asked for no substitute."),
            ("BEST_MATCH", "Not all of it was there. You pay only for what is packed."),
        ],
    )
    def test_what_is_packed_of_it_is_paid(self, shop: Shop, choice: str, words: str) -> None:
        from django.utils import translation

        milk = shop.product()
        order = ordered(shop, {milk: 3}, choice)
        pick(order, milk, 2)
        finish(order)
        with translation.override("en"):
            [change] = changes(order)
        assert change["kind"] == "SHORT"
        assert words in change["why"]
        assert "do not pay for it" not in change["why"]

    def test_every_word_is_in_both_languages(self, shop: Shop) -> None:
        from django.utils import translation

        milk, bread = shop.product(), shop.product()
        order = ordered(shop, {milk: 1, bread: 1}, "REFUND")
        pick(order, milk, 1)
        pick(order, bread, None)
        finish(order)
        with translation.override("en"):
            english = changes(order)[0]["why"]
        with translation.override("he"):
            hebrew = changes(order)[0]["why"]
        assert english != hebrew
        assert english.startswith("It ran out, and you asked for no substitute")


def changes(order: Order) -> list[dict[str, Any]]:
    from orders.serializers import order_body

    body: list[dict[str, Any]] = order_body(order_by_id(order_id=order.pk))["changes"]
    return body

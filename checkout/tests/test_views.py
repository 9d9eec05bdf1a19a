"""The checkout page: one form, one POST, and every refusal beside its field with all still there."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from cart.models import Cart, CartItem
from cart.selectors import cart_view
from cart.tests.factories import quantities
from catalog.models import Product
from checkout.tests.page import HTMX, PAGE, PREVIEW, form, hidden, order
from core.limits import CONFIRM_PER_USER, RateLimited
from orders.models import Order
from tests.html import one_line


class TestPage:
    def test_shows_places_windows_card_and_sum(self, desk, shop, ada):
        html = desk.get(PAGE).content.decode()
        assert "3 HaZait" in html
        assert "Visa ···· 4242" in html
        assert "Pick up at a branch" in html
        assert hidden(html, "expected_total") == "44.40"
        assert f'value="{shop.slot.pk}@{shop.date}"' in html

    def test_an_empty_basket_leads_back(self, client, shop, ada):
        client.force_login(ada)
        assert client.get(PAGE)["Location"] == reverse("cart:page")

    @pytest.mark.parametrize("lines", [1, 12])
    def test_asks_the_database_as_often_for_any_number_of_lines(
        self, desk, shop, ada, lines, django_assert_num_queries
    ):
        cart = Cart.objects.get(user=ada)
        for _ in range(lines):
            CartItem.objects.create(
                cart=cart, product=shop.product(), quantity=1, price_when_added=10
            )
        with django_assert_num_queries(11):
            desk.get(PAGE)

    def test_every_form_has_its_own_key(self, desk):
        keys = {hidden(desk.get(PAGE).content.decode(), "key") for _ in range(3)}
        assert len(keys) == 3


class TestOrdering:
    def test_one_post_orders(self, desk, shop, ada):
        response = order(desk, shop, notes="ripe, please", delivery_note="bell is broken")
        placed = Order.objects.get()
        assert response["Location"] == reverse("orders:detail", args=[placed.order_number])
        assert placed.total_amount == Decimal("44.40")
        assert (placed.notes, placed.delivery.note) == ("ripe, please", "bell is broken")
        assert placed.delivery.preference == "LEAVE_AT_DOOR"
        assert cart_view(actor=ada).items == []

    def test_htmx_is_led_to_the_order(self, desk, shop):
        response = desk.post(PAGE, form(desk, shop), **HTMX)
        assert response["HX-Redirect"].startswith("/orders/MS-")

    def test_a_double_click_or_a_reload_is_one_order(self, desk, shop):
        typed = form(desk, shop)
        first, second = desk.post(PAGE, typed), desk.post(PAGE, typed)
        assert Order.objects.count() == 1
        assert first["Location"] == second["Location"]

    def test_an_old_form_sent_again_after_the_order_shows_the_order(self, desk, shop, ada):
        old = form(desk, shop)
        order(desk, shop)
        shop.fill(ada, {shop.product(): 1})
        response = desk.post(PAGE, old)
        assert Order.objects.count() == 1
        assert response["Location"] == f"/orders/{Order.objects.get().order_number}/"
        assert b"already been ordered" in desk.get(response["Location"]).content

    def test_a_new_address_is_used_and_kept(self, desk, shop, ada):
        order(desk, shop, where="new", line1="5 Herzl", city="Haifa", floor="2", save_address="on")
        placed = Order.objects.get()
        assert (placed.delivery.line1, placed.delivery.floor) == ("5 Herzl", "2")
        assert ada.addresses.filter(line1="5 Herzl").exists()

    def test_a_new_address_need_not_be_kept(self, desk, shop, ada):
        order(desk, shop, where="new", line1="5 Herzl", city="Haifa")
        assert Order.objects.count() == 1
        assert not ada.addresses.filter(line1="5 Herzl").exists()

    def test_pickup_costs_no_fee_and_needs_no_time(self, desk, shop):
        order(desk, shop, where="pickup", branch=shop.branch.pk, slot="", expected_total="14.40")
        placed = Order.objects.get()
        assert (placed.fulfillment_type, placed.branch) == ("PICKUP", shop.branch)
        assert placed.delivery_fee == 0

    def test_a_test_card_may_become_the_usual_one(self, desk, shop, ada):
        order(desk, shop, card="token:tok_mastercard", save_as_default="on")
        assert ada.payment_tokens.get(is_default=True).brand == "mastercard"


class TestRefusals:
    def refused(self, response: Any, *texts: str) -> str:
        assert response.status_code == 422
        assert not Order.objects.exists()
        html = str(response.content.decode())
        for text in texts:
            assert text in html
        return html

    def test_an_address_without_a_street(self, desk, shop):
        html = self.refused(
            order(desk, shop, where="new", line1="", city="Haifa", notes="ripe, please"),
            "Please give the street and the house number.",
            'id="id_line1-error"',
        )
        assert 'value="ripe, please"' in html
        assert 'value="Haifa"' in html
        assert re.search(r'value="new"[^>]* checked', html)

    def test_all_gaps_are_told_at_once(self, desk, shop):
        html = self.refused(
            order(desk, shop, where="new", line1="", city="", slot=None, card=None),
            "Please give the street and the house number.",
        )
        assert html.count("Please choose when to deliver.") >= 1
        assert html.count("Please choose a card to pay with.") >= 1

    def test_no_time_is_missing_from_a_pick_up(self, desk, shop):
        html = self.refused(
            order(desk, shop, where="pickup", branch=shop.branch.pk, slot=None, notes="\x00"),
            'id="id_notes-error"',
        )
        assert "Please choose when to deliver." not in html

    def test_no_time_chosen(self, desk, shop):
        self.refused(order(desk, shop, slot=None), "Please choose when to deliver.")

    def test_a_time_in_the_past(self, desk, shop):
        self.refused(
            order(desk, shop, slot=f"{shop.slot.pk}@2020-01-01"), "not one of our delivery windows"
        )

    @pytest.mark.parametrize("slot", ["x", "1", f"{'9' * 18}@2026-11-24", "1@2026-02-31"])
    def test_a_time_that_is_none(self, desk, shop, slot):
        response = order(desk, shop, slot=slot)
        assert response.status_code == 422
        assert not Order.objects.exists()

    def test_a_full_window(self, desk, shop):
        shop.slot.capacity = 0
        shop.slot.save()
        self.refused(order(desk, shop), "has just filled up")

    def test_declined_keeps_everything_and_charges_nothing(self, desk, shop, milk):
        response = order(desk, shop, card="token:tok_declined", notes="ripe, please")
        html = self.refused(
            response, "Declined by the bank: not enough balance. Nothing was charged"
        )
        assert 'value="ripe, please"' in html
        assert re.search(r'id="card-tok_declined"[^>]* checked', html)
        assert shop.stock(milk) == (100, 0)
        again = {**form(desk, shop), "key": hidden(html, "key")}
        assert desk.post(PAGE, again).status_code == 302

    def test_too_many_attempts_in_a_minute(self, desk, shop, ada):
        for _ in range(CONFIRM_PER_USER.count):
            CONFIRM_PER_USER.hit(ada.pk)
        response = order(desk, shop, notes="ripe, please")
        assert response.status_code == 422
        html = response.content.decode()
        assert str(RateLimited.message) in html
        assert "ripe, please" in html
        assert not Order.objects.exists()

    def test_a_bank_that_cannot_be_reached(self, desk, shop):
        self.refused(order(desk, shop, card="token:tok_unreachable"), "cannot be reached")

    def test_a_changed_price_is_shown_before_it_is_agreed(self, desk, shop, milk):
        typed = form(desk, shop)
        Product.objects.filter(pk=milk.pk).update(price=Decimal("9.00"))
        html = self.refused(desk.post(PAGE, typed), "The total is now ₪48.00")
        assert hidden(html, "expected_total") == "48.00"

    def test_short_goods_are_listed_with_two_ways_on(self, desk, shop, ada, milk):
        typed = form(desk, shop)
        shop.deliver(milk, shop.warehouse, Decimal(-99))
        html = self.refused(desk.post(PAGE, typed), "1 of 2", f"take-{milk.pk}-1")
        taken = desk.post(PAGE, {**typed, "fix": f"take-{milk.pk}-1", "notes": "ripe"})
        assert taken.status_code == 200
        assert 'value="ripe"' in taken.content.decode()
        assert quantities(cart_view(actor=ada)) == {milk.pk: 1}
        assert f"drop-{milk.pk}" in html

    def test_leaving_out_the_last_product_leads_to_the_empty_basket(self, desk, shop, milk):
        response = desk.post(PAGE, {**form(desk, shop), "fix": f"drop-{milk.pk}"})
        assert response["Location"] == reverse("cart:page")

    def test_a_product_no_longer_sold(self, desk, shop, milk):
        typed = form(desk, shop)
        Product.objects.filter(pk=milk.pk).update(is_active=False)
        self.refused(desk.post(PAGE, typed), "We no longer sell it", f"drop-{milk.pk}")

    def test_somebody_elses_address_and_card(self, desk, shop):
        bob = shop.customer()
        theirs, card = bob.addresses.get().pk, bob.payment_tokens.get().pk
        self.refused(order(desk, shop, where=f"address:{theirs}"), "no longer there")
        self.refused(order(desk, shop, card=f"saved:{card}"), "could not find that card")

    @pytest.mark.parametrize(
        "field", ["key", "cart_id", "expected_total", "where", "card", "branch"]
    )
    @pytest.mark.parametrize("value", ["\x00", "x" * 5000, "-1", "״", "9" * 40])
    def test_nonsense_in_hidden_fields_is_told_and_orders_nothing(self, desk, shop, field, value):
        response = desk.post(PAGE, form(desk, shop) | {field: value, "where": "pickup"})
        assert response.status_code in {302, 422}
        if response.status_code == 302:
            assert field in {"where", "branch", "card"}

    @pytest.mark.parametrize("value", ["", "x", "take-1", "take-999999-1", "drop-x", "take-1-1e9"])
    def test_nonsense_fixes(self, desk, shop, value):
        assert desk.post(PAGE, form(desk, shop) | {"fix": value}).status_code in {400, 404, 200}

    def test_staff_order_nothing(self, client, shop):
        client.force_login(shop.manager())
        assert client.post(PAGE, {}).status_code == 403
        assert client.get(PAGE).status_code == 403


class TestPending:
    def test_a_lost_answer_asks_again_with_the_same_key(self, desk, shop):
        typed = form(desk, shop, card="token:tok_timeout")
        response = desk.post(PAGE, typed)
        if response.status_code == 202:
            html = response.content.decode()
            assert hidden(html, "key") == typed["key"]
            assert "The bank is still thinking" in html
            response = desk.post(PAGE, typed)
        assert response.status_code == 302
        assert Order.objects.count() == 1


class TestPreview:
    def test_choosing_a_time_keeps_it(self, desk, shop, ada):
        html = one_line(desk.post(PREVIEW, form(desk, shop), **HTMX))
        assert "Kept for you" in html
        assert 'id="summary" hx-swap-oob="true"' in html
        assert cart_view(actor=ada).held is not None

    def test_without_script_it_is_the_whole_page_still_filled_in(self, desk, shop):
        html = desk.post(
            PREVIEW, form(desk, shop, notes="ripe", day=str(shop.date))
        ).content.decode()
        assert "<!doctype html>" in html
        assert 'value="ripe"' in html

    def test_pickup_shows_the_branch_and_no_fee(self, desk, shop):
        changes = {"where": "pickup", "branch": shop.branch.pk}
        html = desk.post(PREVIEW, form(desk, shop) | changes, **HTMX).content.decode()
        assert "Any time" in html
        assert hidden(html, "expected_total") == "14.40"

    def test_a_full_window_is_told_and_not_kept(self, desk, shop, ada):
        shop.slot.capacity = 0
        shop.slot.save()
        html = desk.post(PREVIEW, form(desk, shop), **HTMX).content.decode()
        assert "has just filled up" in html
        assert cart_view(actor=ada).held is None

    @pytest.mark.parametrize("day", ["", "x", "2026-02-31", "9999-12-31"])
    def test_a_day_that_is_none(self, desk, shop, day):
        assert desk.post(PREVIEW, form(desk, shop, day=day), **HTMX).status_code == 200


class TestSeen:
    """The page sends what it showed; the other tab is not ordered."""

    def test_another_basket_of_the_same_total(self, desk, shop, ada, milk):
        typed = form(desk, shop)
        other = shop.product(price=milk.price)
        CartItem.objects.filter(cart__user=ada).update(product=other)
        response = desk.post(PAGE, typed)
        assert response.status_code == 422
        assert "basket has changed since you last looked" in response.content.decode()
        assert not Order.objects.exists()
        assert order(desk, shop).status_code == 302

    def test_a_window_that_moved(self, desk, shop):
        typed = form(desk, shop)
        typed["seen"] = re.findall(r'name="seen" value="([^"]+)"', desk.get(PAGE).content.decode())
        assert f"{shop.slot.pk}@{shop.date}@10:00-12:00" in typed["seen"]
        shop.slot.start_time, shop.slot.end_time = "14:00", "16:00"
        shop.slot.save()
        response = desk.post(PAGE, typed)
        assert response.status_code == 422
        assert "delivery time has changed" in response.content.decode()
        assert not Order.objects.exists()

    def test_an_amount_that_is_not_sold_is_offered_otherwise(self, desk, shop, ada):
        CartItem.objects.filter(cart__user=ada).update(quantity="0.5")
        html = desk.get(PAGE).content.decode()
        assert "Sold in other amounts now" in html
        response = desk.post(PAGE, form(desk, shop))
        assert response.status_code == 422
        assert not Order.objects.exists()
        fix = re.search(r'name="fix"\s+value="(take-\d+-1)"', html)
        assert fix
        desk.post(PAGE, form(desk, shop, fix=fix[1]))
        assert order(desk, shop).status_code == 302

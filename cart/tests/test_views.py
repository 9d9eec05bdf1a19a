"""The basket's pages, with HTMX and without any script."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.tests.factories import customer, person
from branches.models import Closure, DeliverySlot
from cart.models import Cart, CartItem
from cart.notices import named
from cart.selectors import cart_view
from cart.tests.factories import product, put_stock, quantities, warehouse, weighed
from core import clock
from core.clock import day_of_week, shop_date
from tests.html import one_line

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def shopper(client: Client) -> Client:
    client.cookies["mami_language"] = "en"
    return client


def put(
    client: Client, item: Any, quantity: str | int, *, where: str = "card", **extra: Any
) -> Any:
    return client.post(
        reverse("cart:set", args=[item.pk]), {"quantity": quantity, "where": where}, **extra
    )


def add(client: Client, item: Any, **extra: Any) -> Any:
    return client.post(reverse("cart:add"), {"product": item.pk, "where": "card"}, **extra)


class TestGuest:
    def test_looking_makes_no_session_and_no_basket(self, shopper):
        response = shopper.get(reverse("cart:page"))
        assert response.status_code == 200
        assert "sessionid" not in response.cookies
        assert not Cart.objects.exists()
        assert b"The basket is empty" in response.content

    def test_plus_becomes_a_stepper_with_pill_and_meters_out_of_band(self, shopper):
        milk = product(price=Decimal("7.20"))
        response = add(shopper, milk, **HTMX)
        html = response.content.decode()
        assert response.status_code == 200
        assert "stepper" in html
        assert f"One more: {milk.name_en}" in html
        for part in ("basket-link", "slotbar", "dock"):
            assert f'id="{part}"' in html
        assert html.count('hx-swap-oob="true"') == 3
        assert "142.80" in html  # to free delivery

    def test_the_dock_is_there_as_long_as_something_is_in_the_basket(self, shopper):
        milk, docked = product(), re.compile(r'<section\s+class="dock"\s+id="dock"')
        away = re.compile(r'<section\s+hidden\s+id="dock"')
        assert away.search(shopper.get("/en/").content.decode())
        assert docked.search(add(shopper, milk, **HTMX).content.decode())
        assert docked.search(shopper.get("/en/").content.decode())
        assert away.search(put(shopper, milk, 0, **HTMX).content.decode())

    def test_zero_is_the_plus_again(self, shopper):
        milk = product()
        add(shopper, milk)
        html = put(shopper, milk, 0, **HTMX).content.decode()
        assert "Add to basket" in html
        assert "stepper" not in html

    def test_without_script_back_to_the_product(self, shopper):
        milk = product()
        response = add(shopper, milk, HTTP_REFERER="http://testserver/search/?q=milk#x")
        assert response.status_code == 302
        assert response["Location"] == f"/search/?q=milk#product-{milk.pk}"

    def test_a_foreign_referer_leads_to_the_basket(self, shopper):
        milk = product()
        response = add(shopper, milk, HTTP_REFERER="https://evil.example/x")
        assert response["Location"].startswith(reverse("cart:page"))

    def test_goods_by_weight_start_with_one_step(self, shopper):
        assert "0.5 kg" in add(shopper, weighed(), **HTMX).content.decode()

    def test_short_stock_puts_what_there_is_and_says_so(self, shopper):
        milk = product(stock=2)
        response = put(shopper, milk, 5, **HTMX)
        said = json.loads(response["HX-Trigger"])
        assert said == {"toast": {"text": "Only 2 left, we put 2"}}
        follow = put(shopper, milk, 5, where="page").headers["Location"]
        assert b"Only 2 left, we put 2" in shopper.get(follow).content


class TestPage:
    def test_lines_sum_and_what_changed(self, shopper):
        shopper.force_login(customer())
        milk, oil, gone = product(), product(stock=1), product()
        put(shopper, milk, 2)
        put(shopper, oil, 1)
        put(shopper, gone, 1)
        put_stock(gone, warehouse(), 0)
        html = shopper.get(reverse("cart:page")).content.decode()
        assert "Sold out for delivery. It is not in the total." in html
        assert "₪30.00" in html
        assert "60<small>.00" in html

    def test_removing_leaves_an_undo_for_one_answer(self, shopper):
        milk, oil = product(), product()
        put(shopper, milk, 3)
        put(shopper, oil, 1)
        html = put(shopper, milk, 0, where="page", **HTMX).content.decode()
        assert f"Removed: {milk.name_en}" in html
        assert 'value="3"' in html
        html = put(shopper, milk, 3, where="page", **HTMX).content.decode()
        assert "Removed:" not in html

    def test_a_number_is_typed_and_a_button_says_its_own(self, shopper):
        milk = product()
        put(shopper, milk, 1)
        address = reverse("cart:set", args=[milk.pk])
        html = one_line(shopper.post(address, {"quantity": "7", "where": "page"}, **HTMX))
        assert f'id="page-quantity-{milk.pk}" name="quantity" value="7"' in html
        pressed = {"quantity": "seven", "to": "8", "where": "page"}
        html = one_line(shopper.post(address, pressed, **HTMX))
        assert f'id="page-quantity-{milk.pk}" name="quantity" value="8"' in html
        for typed in ("seven", "", "1_0", "-1"):
            refused = shopper.post(address, {"quantity": typed, "where": "page"}, **HTMX)
            assert refused.status_code == 400
            assert "toast" in refused["HX-Trigger"]
        assert CartItem.objects.get().quantity == 8

    def test_a_weight_is_typed_with_a_decimal_comma(self, shopper):
        tomatoes = weighed()
        put(shopper, tomatoes, "0.5")
        address = reverse("cart:set", args=[tomatoes.pk])
        html = one_line(shopper.post(address, {"quantity": "1,5", "where": "page"}, **HTMX))
        assert 'name="quantity" value="1.5" inputmode="decimal"' in html

    def test_clearing(self, shopper):
        milk = product()
        put(shopper, milk, 3)
        html = shopper.post(reverse("cart:clear"), {"where": "page"}, **HTMX).content.decode()
        assert "The basket is empty" in html

    def test_drawer_opens_itself(self, shopper):
        milk = product()
        put(shopper, milk, 3)
        response = shopper.get(reverse("cart:drawer"), **HTMX)
        assert "open-drawer" in response["HX-Trigger-After-Settle"]
        assert milk.name_en in response.content.decode()
        assert shopper.get(reverse("cart:drawer"))["Location"] == reverse("cart:page")

    @pytest.mark.parametrize("lines", [1, 12])
    def test_asks_the_database_as_often_for_any_number_of_lines(
        self, shopper, lines, django_assert_num_queries
    ):
        shopper.force_login(customer())
        for _ in range(lines):
            put(shopper, product(), 1)
        with django_assert_num_queries(4):  # session, person, basket, lines
            shopper.get(reverse("cart:page"))


class TestRefusals:
    @pytest.mark.parametrize("quantity", ["-1", "1000", "abc", "", "0.3", "1e9", "NaN", "٣٣٣٣"])
    def test_impossible_amounts_change_nothing(self, shopper, quantity):
        milk = product()
        put(shopper, milk, 2)
        response = put(shopper, milk, quantity, **HTMX)
        assert response.status_code == 400
        assert response["HX-Reswap"] == "none"
        assert "Choose an amount" in json.loads(response["HX-Trigger"])["toast"]["text"]
        page = put(shopper, milk, quantity)
        assert page.status_code == 400
        assert b"Choose an amount" in page.content

    def test_unknown_product(self, shopper):
        for value in ("4711", "x", "", "9" * 30):
            response = shopper.post(reverse("cart:add"), {"product": value})
            assert response.status_code == 404

    def test_sold_out_everywhere(self, shopper):
        response = add(shopper, product(stock=0), **HTMX)
        assert response.status_code == 409
        assert "sold out" in json.loads(response["HX-Trigger"])["toast"]["text"]

    @pytest.mark.parametrize(
        "value", ["", "x", "1", "1@2026-02-30", "1@2026-11-24x", "999999@2026-11-24"]
    )
    def test_a_window_that_is_none(self, shopper, value):
        assert shopper.post(reverse("cart:hold"), {"slot": value}).status_code in {400, 404}

    def test_a_window_that_filled_up_brings_the_nearest_ones(self, shopper):
        date = shop_date(clock.now()) + dt.timedelta(days=2)
        full, free = (
            DeliverySlot.objects.create(
                branch=warehouse(),
                day_of_week=day_of_week(date),
                start_time=dt.time(hour),
                end_time=dt.time(hour + 2),
                capacity=capacity,
            )
            for hour, capacity in ((10, 0), (12, 5))
        )
        response = shopper.post(reverse("cart:hold"), {"slot": f"{full.pk}@{date}"}, **HTMX)
        html = response.content.decode()
        assert response.status_code == 200
        assert "has just filled up" in json.loads(response["HX-Trigger"])["toast"]["text"]
        assert f'value="{free.pk}@{date}"' in html
        assert f'value="{full.pk}@{date}"' not in html
        assert "Kept for you" not in html
        page = shopper.post(reverse("cart:hold"), {"slot": f"{full.pk}@{date}"}, follow=True)
        assert b"has just filled up" in page.content
        kept = shopper.post(reverse("cart:hold"), {"slot": f"{free.pk}@{date}"}, **HTMX)
        assert "Kept for you" in kept.content.decode()

    def test_a_kept_window_that_was_closed_is_called_kept_no_more(self, shopper):
        now = clock.now()
        date = shop_date(now) + dt.timedelta(days=2)
        slot = DeliverySlot.objects.create(
            branch=warehouse(), day_of_week=day_of_week(date),
            start_time=dt.time(10), end_time=dt.time(12), capacity=5,
        )  # fmt: skip
        shopper.post(reverse("cart:hold"), {"slot": f"{slot.pk}@{date}"})
        assert "Kept for you" in shopper.get(reverse("home")).content.decode()
        Closure.objects.create(
            starts_at=now, ends_at=now + dt.timedelta(days=9), reason_he="חג", reason_en="Holiday"
        )
        assert "Kept for you" not in shopper.get(reverse("home")).content.decode()

    def test_staff_have_no_basket(self, shopper):
        milk = product()
        shopper.force_login(person("MANAGER"))
        response = add(shopper, milk, **HTMX)
        assert response.status_code == 403
        assert not Cart.objects.exists()


class TestSignIn:
    def test_the_guests_basket_comes_along(self, shopper):
        ada, milk = customer(), product()
        add(shopper, milk)
        shopper.force_login(ada)
        page = shopper.get(reverse("cart:page"))
        assert milk.name_en.encode() in page.content
        assert quantities(cart_view(actor=ada)) == {milk.pk: 1}

    def test_two_baskets_are_joined_and_told(self, shopper):
        ada, milk, oil = customer(), product(), product()
        shopper.force_login(ada)
        add(shopper, oil)
        guest = Client()
        guest.cookies["mami_language"] = "en"
        add(guest, milk)
        session = guest.session
        key = session["cart_key"]
        session = shopper.session
        session["cart_key"] = key
        session.save()
        page = shopper.get(reverse("cart:page")).content.decode()
        assert f"From before you signed in came along: {milk.name_en}." in page
        undo = reverse("cart:undo_merge")
        assert f'action="{undo}"' in page
        assert undo not in shopper.get(reverse("cart:page")).content.decode()
        done = shopper.post(undo, follow=True).content.decode()
        assert "Your basket is as it was before you signed in." in done
        assert quantities(cart_view(actor=ada)) == {oil.pk: 1}
        again = shopper.post(undo, follow=True).content.decode()
        assert "There is nothing to undo here any more." in again
        assert quantities(cart_view(actor=ada)) == {oil.pk: 1}

    def test_of_many_products_three_are_named(self):
        assert named(["A", "B", "C"]) == "A, B, C"
        with override("en"):
            assert named(list("ABCDEFG")) == "A, B, C and 4 more"

    def test_a_note_is_written_in_the_line(self, shopper):
        milk = product()
        add(shopper, milk)
        address = reverse("cart:note", args=[milk.pk])
        part = shopper.post(address, {"note": "ripe", "where": "page"}, **HTMX).content.decode()
        assert 'value="ripe"' in part
        assert shopper.post(address, {"note": "x" * 201, "where": "page"}).status_code == 400
        assert "ripe" in shopper.get(reverse("cart:page")).content.decode()


class TestWhatToDoWhenSomethingRunsOut:
    def choose(self, client: Client, choice: str, item: Any = None, **extra: Any) -> Any:
        name = "cart:substitution" if item else "cart:substitution_of_all"
        address = reverse(name, args=[item.pk] if item else [])
        return client.post(address, {"substitution": choice, "where": "page"}, **extra)

    def test_for_one_line_and_for_all_with_those_to_come(self, shopper):
        milk, bread, later = product(), product(), product()
        put(shopper, milk, 1)
        put(shopper, bread, 1)
        part = self.choose(shopper, "CALL_ME", milk, **HTMX).content.decode()
        assert 'id="basket"' in part
        assert self.lines() == ["CALL_ME", "BEST_MATCH"]
        assert self.choose(shopper, "REFUND").url == reverse("cart:page")
        put(shopper, later, 1)
        assert self.lines() == ["REFUND"] * 3
        page = shopper.get(reverse("cart:page")).content.decode()
        assert page.count('<option value="REFUND" selected>') == 4

    def test_an_unknown_choice_changes_nothing(self, shopper):
        milk = product()
        put(shopper, milk, 1)
        assert self.choose(shopper, "SURPRISE", milk).status_code == 400
        assert self.lines() == ["BEST_MATCH"]

    def lines(self) -> list[str]:
        found = Cart.objects.get().items.order_by("pk").values_list("substitution", flat=True)
        return list(found)


@pytest.mark.parametrize("where", ["", "card", "detail", "page", "drawer", "x"])
@pytest.mark.parametrize("path", ["/cart/clear/", "/cart/items/{pk}/"])
def test_what_another_tab_took_out_before_is_no_crash(client, where, path):
    address = path.format(pk=product().pk)
    answer = client.post(address, {"where": where, "quantity": "0"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200

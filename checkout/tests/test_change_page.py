"""The page that changes an order: its new sum first, then the change. Without JavaScript."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Product
from core import clock
from orders.models import Order
from orders.services import claim_order
from orders.tests.holds import Clock, far_shop, scheduled
from search.documents import index_products
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal(160), name_en="Milk")


@pytest.fixture
def order(shop: Shop, milk: Product) -> Order:
    return shop.order(quantities={milk: 1})


def browser(user: User, language: str = "en") -> Client:
    client = Client()
    client.cookies["mami_language"] = language
    client.force_login(user)
    return client


def page(order: Order) -> str:
    return f"/orders/{order.order_number}/change/"


def hidden(html: str) -> dict[str, str]:
    """The second step's form, as the browser would send it."""
    bar = html[html.index('class="paybar') :]
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', bar))
    return {**fields, "confirm": "1"}


def line(order: Order) -> str:
    return f"quantity_{order.items.get().pk}"


class TestCustomer:
    @pytest.mark.parametrize("language", ["en", "he"])
    def test_look_then_confirm(self, order: Order, language: str) -> None:
        ada = browser(order.user, language)
        assert line(order) in ada.get(page(order)).content.decode()

        seen = ada.post(page(order), {line(order): "2"})

        assert seen.status_code == 200
        html = seen.content.decode()
        assert "+₪160.00" in html
        order.refresh_from_db()
        assert order.version == 1  # nothing changes until it is confirmed
        done = ada.post(page(order), hidden(html))
        assert done["Location"] == f"/orders/{order.order_number}/"
        order.refresh_from_db()
        assert (order.total_amount, order.version) == (Decimal(320), 2)
        again = ada.post(page(order), hidden(html))
        assert again.status_code == 302  # pressing twice is one change
        order.refresh_from_db()
        assert order.version == 2

    def test_one_press_is_one_step(self, shop: Shop, milk: Product) -> None:
        """Plus, minus and "put back" are buttons of the form: the sum comes with the page."""
        figs = shop.weighed(name_en="Figs")
        order = shop.order(quantities={milk: 2, figs: "1.5"})
        ada = browser(order.user)
        first, second = (f"quantity_{item.pk}" for item in order.items.order_by("pk"))
        typed = {first: "2", second: "1.5"}

        html = ada.post(page(order), typed | {"step": f"more:{second}"}).content.decode()

        assert re.search(rf'id="more-{second}"[^>]*autofocus', html)
        assert "+₪4.45" in html
        assert f'name="{second}" value="2"' in " ".join(html.split())
        html = ada.post(page(order), typed | {"step": f"less:{second}"}).content.decode()
        assert "−₪4.45" in html
        gone = {first: "1", second: "1.5", "step": f"less:{first}"}
        html = ada.post(page(order), gone).content.decode()
        assert f'value="back:{first}"' in html
        assert "− ₪320.00".replace(" ", "") in html
        back = ada.post(page(order), {first: "0", second: "1.5", "step": f"back:{first}"})
        assert back.status_code == 200  # all is as it was: nothing is asked, nothing refused
        assert 'name="confirm"' not in back.content.decode()
        for odd in (
            "more:quantity_1",
            f"less:{first}x",
            "more:added_999999999",
            "x" * 200,
            "less:",
        ):
            assert ada.post(page(order), typed | {"step": odd}).status_code in (200, 422)
        wrong = ada.post(page(order), {first: "two", second: "1.5", "step": f"more:{first}"})
        assert wrong.status_code == 422
        assert 'value="two"' in wrong.content.decode()
        order.refresh_from_db()
        assert order.version == 1

    def test_an_added_product_has_its_steps(self, shop: Shop, order: Order) -> None:
        bread = shop.product(price=Decimal("25.50"), name_en="Bread")
        ada = browser(order.user)
        field = f"added_{bread.pk}"
        typed = {line(order): "1", field: "1"}
        html = ada.post(page(order), typed | {"step": f"more:{field}"}).content.decode()
        assert "+₪51.00" in html
        html = ada.post(page(order), typed | {"step": f"less:{field}"}).content.decode()
        assert field not in html

    def test_anything_the_shop_sells_is_found_and_added(self, shop: Shop, order: Order) -> None:
        tofu = shop.product(price=Decimal("9.50"), name_en="Smoked tofu")
        index_products([tofu.pk])
        ada = browser(order.user)
        found = ada.post(page(order), {line(order): "1", "q": "tofu"})
        assert found.status_code == 200
        assert f'name="add" value="{tofu.pk}"' in found.content.decode()
        nothing = ada.post(page(order), {line(order): "1", "q": "zzzz"}).content.decode()
        assert "Nothing found by that name." in nothing
        html = ada.post(
            page(order), {line(order): "1", "q": "tofu", "add": tofu.pk}
        ).content.decode()
        assert "+₪9.50" in html
        assert ada.post(page(order), hidden(html)).status_code == 302
        order.refresh_from_db()
        assert order.total_amount == Decimal("169.50")

    def test_add_with_one_press_and_another_window(self, shop: Shop, order: Order) -> None:
        bread = shop.product(price=Decimal("25.50"), name_en="Bread")
        shop.order(order.user, {bread: 1})
        ada = browser(order.user)
        assert f'name="add" value="{bread.pk}"' in ada.get(page(order)).content.decode()
        window = f"{shop.later_slot.pk}@{shop.date}"

        html = ada.post(page(order), {"add": bread.pk, "slot": window}).content.decode()

        assert f'name="added_{bread.pk}"' in html
        assert "+₪25.50" in html
        ada.post(page(order), hidden(html))
        order.refresh_from_db()
        assert order.items.count() == 2
        assert order.dated_slot is not None
        assert order.dated_slot.slot == shop.later_slot

    def test_to_a_branch(self, shop: Shop, order: Order) -> None:
        ada = browser(order.user)
        asked = {"where": "pickup", "branch": shop.branch.pk}
        html = ada.post(page(order), asked).content.decode()
        ada.post(page(order), hidden(html))
        order.refresh_from_db()
        assert (order.fulfillment_type, order.branch) == ("PICKUP", shop.branch)

    def test_a_refusal_keeps_what_was_typed(self, shop: Shop, order: Order) -> None:
        ada = browser(order.user)
        answer = ada.post(page(order), {line(order): "9999", "notes": "ring twice"})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="9999"' in html
        assert 'value="ring twice"' in html
        assert "The order is as it was" in html
        for text in ("x", "1_0", "１", "-1"):
            assert ada.post(page(order), {line(order): text}).status_code == 422
        assert ada.post(page(order), {}).status_code == 422  # nothing asked
        assert ada.post(page(order), {line(order): "0"}).status_code == 422
        order.refresh_from_db()
        assert order.version == 1

    def test_a_declined_card_leaves_the_order(self, order: Order) -> None:
        ada = browser(order.user)
        asked = {line(order): "2", "card": "token:tok_declined"}
        html = ada.post(page(order), asked).content.decode()
        answer = ada.post(page(order), hidden(html))
        assert answer.status_code == 422
        assert "Declined by the bank" in answer.content.decode()
        order.refresh_from_db()
        assert (order.version, order.total_amount) == (1, Decimal(160))

    def test_a_bank_that_wants_its_cardholder(self, shop: Shop, order: Order) -> None:
        ada = browser(order.user)
        html = ada.post(page(order), {line(order): "2", "card": "token:tok_3ds"}).content.decode()
        answer = ada.post(page(order), hidden(html))
        assert answer.status_code == 202
        [_old, new] = shop.payments(order.user)
        shop.sandbox.decide(reference=new.provider_reference, yes=True)
        back = ada.get("/checkout/return/", {"order": order.order_number})
        assert back["Location"] == f"/orders/{order.order_number}/"
        order.refresh_from_db()
        assert (order.version, order.total_amount) == (2, Decimal(320))

    def test_strangers_and_late_comers(self, shop: Shop, order: Order) -> None:
        assert browser(shop.customer()).get(page(order)).status_code == 404
        claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
        answer = browser(order.user).post(page(order), {line(order): "2"})
        assert answer.status_code == 422
        assert "already being packed" in answer.content.decode()

    def test_the_order_page_leads_there(self, order: Order) -> None:
        html = browser(order.user).get(f"/orders/{order.order_number}/").content.decode()
        assert page(order) in html


class TestStaff:
    def test_change_with_a_reason(self, shop: Shop, order: Order) -> None:
        mia = browser(shop.manager())
        path = f"/ops/orders/{order.order_number}/change/"
        shop.order(order.user)
        html = mia.post(path, {line(order): "1", "notes": "fragile"}).content.decode()
        assert "Say why, then look again" in html  # what is typed after the look would be lost
        assert 'name="confirm"' not in html
        assert mia.post(path, {line(order): "1", "confirm": "1"}).status_code == 422
        html = mia.post(
            path, {line(order): "1", "notes": "fragile", "reason": "you asked by phone"}
        ).content.decode()
        assert mia.post(path, hidden(html))["Location"] == f"/ops/orders/{order.order_number}/"
        order.refresh_from_db()
        assert order.notes == "fragile"
        assert browser(shop.employee()).get(path).status_code == 403

    def test_another_window(self, shop: Shop, order: Order) -> None:
        mia, path = browser(shop.manager()), f"/ops/orders/{order.order_number}/reslot/"
        asked = {"slot": f"{shop.later_slot.pk}@{shop.date}", "reason": "the van broke down"}
        assert mia.get(path).status_code == 200
        assert mia.post(path, {"slot": asked["slot"]}).status_code == 422
        first = mia.post(path, asked)
        assert first.status_code == 200
        assert 'name="confirm"' in first.content.decode()
        assert shop.taken(shop.later_slot) == 0
        assert mia.post(path, {**asked, "confirm": "1"}).status_code == 302
        assert shop.taken(shop.later_slot) == 1
        assert browser(shop.employee()).get(path).status_code == 403

    def test_affected_orders_one_by_one_and_all(self, shop: Shop, milk: Product) -> None:
        orders = [shop.order(quantities={milk: 1}) for _ in range(2)]
        mia = browser(shop.manager())
        assert "None. Every open order" in mia.get("/ops/affected/").content.decode()
        shop.slot.is_active = False
        shop.slot.save()
        html = mia.get("/ops/affected/").content.decode()
        assert all(order.order_number in html for order in orders)
        mia.post("/ops/affected/reslot/", {"reason": "the window is gone"})
        assert "None. Every open order" in mia.get("/ops/affected/").content.decode()
        assert shop.taken(shop.later_slot) == 2
        assert browser(shop.employee()).get("/ops/affected/").status_code == 403


def test_an_address_nobody_asked_for_has_no_mistakes(order: Order) -> None:
    """Its fold would open with all of them: at the first press of a plus."""
    ada = browser(order.user)
    typed = dict.fromkeys(("line1", "city", "floor", "postal_code", "label"), "")
    html = ada.post(page(order), {line(order): "2", **typed}).content.decode()
    assert 'aria-invalid="true"' not in html
    assert 'class="error"' not in html
    kept = ada.post(page(order), {line(order): "2", **typed, "line1": "5 Herzl St"})
    assert 'value="5 Herzl St"' in kept.content.decode(), "what was typed is still there"
    asked = ada.post(page(order), {line(order): "2", **typed, "where": "new"})
    assert asked.status_code == 422
    assert "Please give the city." in asked.content.decode()


def test_staff_who_say_no_reason_are_led_to_its_field(shop: Shop, order: Order) -> None:
    """It said "optional", and pressing "say why" without a word changed nothing on the page."""
    mia, path = browser(shop.manager()), f"/ops/orders/{order.order_number}/change/"
    first = mia.get(path).content.decode()
    label = first[first.index('for="id_reason"') :].partition("</label>")[0]
    assert "optional" not in label
    seen = mia.post(path, {line(order): "2"})
    assert seen.status_code == 200
    asked = mia.post(path, {line(order): "2", "why": "1"})
    assert asked.status_code == 422
    html = asked.content.decode()
    assert 'id="id_reason-error"' in html
    assert "autofocus" in html[html.index('name="reason"') :].partition(">")[0]
    assert "+₪160.00" in html, "the sum is still there"
    said = mia.post(path, {line(order): "2", "why": "1", "reason": "you rang us"})
    assert said.status_code == 200
    assert '"id_reason-error"' not in said.content.decode()


def test_the_sum_speaks_of_money_that_is_not_held_yet(shop: Shop) -> None:
    """It was "not more than is held" of an order of which nothing is held."""
    with far_shop(shop, Clock(clock.now())) as far:
        later = scheduled(far, "tok_visa")
        html = browser(later.user).post(page(later), {line(later): "3"}).content.decode()
    assert "Nothing is held now. The new sum is held on" in html
    assert "Not more than is held" not in html

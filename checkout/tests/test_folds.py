"""What is known stands in one line, what seldom anybody fills in is folded away; mistakes never are."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from accounts.tests.factories import address
from cart.services import hold_slot
from checkout.tests.page import HTMX, PAGE, PREVIEW, form, order
from core import clock
from orders.models import Order
from payments.models import PaymentToken


def is_open(html: str, fold: str) -> bool:
    found = re.search(rf'<details\s+class="fold"\s+id="{fold}"([^>]*)>', html)
    assert found, fold
    return "open" in found[1].split()


def inside(html: str, fold: str) -> str:
    """The text of a fold, which has no fold in it."""
    return html.split(f'id="{fold}"', 1)[1].split("</details>", 1)[0]


def another_card(user):
    return PaymentToken.objects.create(
        user=user, provider="sandbox", token="tok_mastercard", brand="mastercard", last4="4444"
    )


class TestWhatIsKnown:
    def test_a_returning_customer_sees_one_address_and_one_card(self, desk, shop, ada):
        mum = address(ada, label="Mum", line1="5 Herzl")
        old = another_card(ada)
        html = desk.get(PAGE).content.decode()
        for fold in ("elsewhere", "address-rest", "door", "other-cards", "business"):
            assert not is_open(html, fold), fold
        assert f'id="where-{mum.pk}"' in inside(html, "elsewhere")
        assert f'id="card-{old.pk}"' in inside(html, "other-cards")
        assert 'id="card-tok_visa"' in inside(html, "other-cards")
        first = html.split('id="elsewhere"')[0]
        assert re.search(r'value="address:\d+"\s+checked', first)

    def test_the_chosen_ones_stand_open_to_be_seen(self, desk, shop, ada):
        mum, other = address(ada, label="Mum", line1="5 Herzl"), another_card(ada)
        chosen = {"where": f"address:{mum.pk}", "card": f"saved:{other.pk}"}
        html = desk.post(PREVIEW, form(desk, shop, **chosen)).content.decode()
        assert not is_open(html, "elsewhere")
        assert not is_open(html, "other-cards")
        assert f'id="where-{mum.pk}"' in html.split('id="elsewhere"')[0]
        assert f'id="card-{other.pk}"' in html.split('id="other-cards"')[0]

    def test_the_kept_window_stands_in_one_line_and_others_are_folded(self, desk, shop, ada):
        hold_slot(actor=ada, slot_id=shop.slot.pk, date=shop.date, now=clock.now())
        html = desk.get(PAGE).content.decode()
        assert not is_open(html, "times")
        assert "10:00–12:00" in inside(html, "times").split("</summary>")[0]
        assert f'id="slot-{shop.later_slot.pk}"' in inside(html, "times")
        typed = form(desk, shop, slot=f"{shop.later_slot.pk}@{shop.date}")
        chosen = desk.post(PREVIEW, typed, **HTMX).content.decode()
        assert 'id="times"' not in chosen, "no fold closes over the hand that chooses"
        assert (
            "12:00–14:00" in inside(desk.get(PAGE).content.decode(), "times").split("</summary>")[0]
        )

    @pytest.mark.parametrize("where", ["new", "pickup"])
    def test_another_place_keeps_its_fold_open(self, desk, shop, where):
        typed = form(desk, shop, where=where, branch=shop.branch.pk, card="token:tok_declined")
        html = desk.post(PREVIEW, typed).content.decode()
        assert is_open(html, "elsewhere")
        assert is_open(html, "other-cards")

    @pytest.mark.parametrize("language", ["he", "en"])
    def test_the_wishes_for_the_door_are_said_in_their_line(self, desk, shop, ada, language):
        ada.delivery_preference, ada.delivery_note = "LEAVE_AT_DOOR", "the blue one"
        ada.save()
        desk.cookies["mami_language"] = language
        with translation.override(language):
            said = ada.get_delivery_preference_display()
        html = desk.get(PAGE).content.decode()
        assert not is_open(html, "door")
        line = inside(html, "door").split("</summary>")[0]
        assert said.lower() in line.lower()
        assert "the blue one" in line

    def test_a_first_order_sees_its_fields_and_one_card(self, client, shop):
        bea = shop.customer(card=None, address=False)
        shop.fill(bea, {shop.product(): 1})
        client.force_login(bea)
        html = client.get(PAGE).content.decode()
        assert 'id="elsewhere"' not in html
        for name in ("line1", "city", "floor", "door_code"):
            assert f'id="id_{name}"' not in inside(html, "address-rest")
        for name in ("postal_code", "label", "instructions"):
            assert f'id="id_{name}"' in inside(html, "address-rest")
        assert not is_open(html, "address-rest")
        assert not is_open(html, "other-cards")
        assert re.search(r'id="card-tok_visa"[^>]* checked', html.split('id="other-cards"')[0])


class TestMistakes:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize(
        ("fold", "wrong"),
        [
            ("door", {"notes": "\u202e"}),
            ("door", {"delivery_note": "x" * 500}),
            ("address-rest", {"where": "new", "line1": "5 Herzl", "city": "Haifa", "label": "\u202e"}),
            ("elsewhere", {"where": "new", "line1": "", "city": "Haifa"}),
            ("elsewhere", {"where": "pickup", "branch": "x"}),
            ("other-cards", {"card": "token:tok_declined"}),
            ("business", {"vat_id": "1"}),
        ],
    )  # fmt: skip
    def test_a_fold_with_one_in_it_is_open(self, desk, shop, headers, fold, wrong):
        response = desk.post(PAGE, form(desk, shop, **wrong), **headers)
        assert response.status_code == 422
        assert is_open(response.content.decode(), fold)

    def test_what_was_typed_into_closed_folds_is_ordered(self, desk, shop, ada):
        order(
            desk, shop, where="new", line1="5 Herzl", city="Haifa", postal_code="3100001",
            instructions="ring twice", notes="ripe, please", delivery_note="blue door",
        )  # fmt: skip
        placed = Order.objects.get()
        assert (placed.notes, placed.delivery.note) == ("ripe, please", "blue door")
        assert placed.delivery.instructions == "ring twice"

    def test_what_was_typed_into_a_fold_is_seen_again(self, desk, shop):
        rest = {"label": "Mum", "instructions": "ring twice"}
        typed = form(desk, shop, where="new", line1="", city="Haifa", **rest)
        html = desk.post(PAGE, typed).content.decode()
        assert is_open(html, "address-rest")
        assert 'value="ring twice"' in html


class TestNameAndPhone:
    def test_are_said_and_changed_without_losing_the_form(self, desk, shop, ada):
        html = desk.get(PAGE).content.decode()
        assert ada.full_name in html
        typed = form(desk, shop, where="new", line1="5 Herzl", city="Haifa", notes="ripe, please")
        answer = desk.post("/checkout/who/", typed)
        assert answer["Location"] == "/account/profile/?next=/checkout/"
        profile = {"full_name": "Ada Levi", "phone": "050-123-4567", "language": "en"}
        answer = desk.post(answer["Location"], profile)
        assert answer["Location"] == PAGE
        html = desk.get(PAGE).content.decode()
        for text in ("Ada Levi", "050-123-4567", 'value="5 Herzl"', 'value="ripe, please"'):
            assert text in html

    def test_htmx_is_led_there(self, desk, shop):
        answer = desk.post("/checkout/who/", form(desk, shop), **HTMX)
        assert answer["HX-Redirect"] == "/account/profile/?next=/checkout/"

    @pytest.mark.parametrize("page", ["https://evil.test/", "//evil.test/", "/api/v1/cart"])
    def test_a_profile_leads_to_pages_of_ours_alone(self, desk, ada, page):
        profile = {"full_name": "Ada", "phone": "", "language": "en"}
        answer = desk.post(f"/account/profile/?next={page}", profile)
        assert answer["Location"] == "/account/"

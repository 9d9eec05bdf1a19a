"""What was typed at checkout is kept while its visitor signs in, and for nobody else."""

from __future__ import annotations

import re

import pytest

from checkout.tests.page import HTMX, PAGE, form
from orders.models import Order


class TestExpiredSession:
    def test_what_was_typed_comes_back_after_signing_in(self, desk, shop, ada):
        typed = form(desk, shop, where="new", line1="5 Herzl", city="Haifa", notes="ripe, please")
        desk.logout()
        response = desk.post(PAGE, typed)
        assert response["Location"] == "/account/login/?next=/checkout/"
        desk.force_login(ada)
        html = desk.get(PAGE).content.decode()
        assert 'value="5 Herzl"' in html
        assert 'value="ripe, please"' in html
        assert re.search(r'value="new"[^>]* checked', html)
        assert not Order.objects.exists()

    def test_nobody_else_sees_what_was_typed(self, desk, shop, ada):
        typed = form(desk, shop, where="new", line1="5 Herzl", city="Haifa", notes="ripe, please")
        desk.logout()
        desk.post(PAGE, typed)
        bob = shop.customer()
        shop.fill(bob, {shop.product(): 1})
        desk.force_login(bob)
        html = desk.get(PAGE).content.decode()
        assert "5 Herzl" not in html
        assert "ripe, please" not in html
        desk.force_login(ada)
        assert "5 Herzl" not in desk.get(PAGE).content.decode()  # his sign-in deleted it

    @pytest.mark.parametrize("name", ["", "1:forged", "x"])
    def test_a_form_made_for_nobody_is_kept_for_nobody(self, desk, shop, ada, name):
        typed = form(desk, shop, notes="ripe, please", form_owner=name)
        desk.logout()
        desk.post(PAGE, typed)
        desk.force_login(ada)
        assert "ripe, please" not in desk.get(PAGE).content.decode()

    def test_htmx_goes_there_too_and_no_card_is_remembered(self, desk, shop):
        typed = form(desk, shop)
        desk.logout()
        assert desk.post(PAGE, typed, **HTMX)["HX-Redirect"].startswith("/account/login/")
        kept = desk.session["kept_form"]["typed"]
        assert "card" not in kept
        assert "key" not in kept

"""Where people go next: after a sign-in, after a form that came too late, after a wrong turn."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.tests.factories import PASSWORD, with_password
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db
LOGIN, REGISTER = "/account/login/", "/account/register/"
NOWHERE = [
    "orders",
    "orders/",
    "https://evil.test/",
    "//evil.test/",
    "/\\evil.test",
    "javascript:alert(1)",
    "http://[",
    "/no/such/page/",
    "/api/v1/cart",
    "/cart/items/",
    "/account/logout/",
    "/account/login/?next=/account/login/",
    "/account/register/",
    "/language/",
    "/checkout/card/",
    "/checkout/who/",
    "/orders/\x00/",
    "\u202e/orders/",
    "/" * 9,
]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def visitor():
    return Client(headers={"Accept-Language": "en"})


class TestNext:
    @pytest.mark.parametrize("target", NOWHERE)
    def test_the_sign_in_leads_to_a_page_of_ours_or_home(self, shop, visitor, target):
        ada = with_password()
        asked = visitor.get(LOGIN, {"next": target})
        assert asked.status_code == (400 if "\x00" in target else 200)
        sent = {"email": ada.email, "password": PASSWORD, "next": target}
        answer = visitor.post(LOGIN, sent)
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert visitor.get(LOGIN, {"next": target}).status_code in {302, 400}, "signed in already"

    @pytest.mark.parametrize("page", [LOGIN, REGISTER])
    @pytest.mark.parametrize("target", NOWHERE)
    def test_who_is_signed_in_already_goes_home(self, shop, visitor, page, target):
        visitor.force_login(with_password())
        answer = visitor.get(page, {"next": target})
        if "\x00" in target:
            assert answer.status_code == 400
        else:
            assert (answer.status_code, answer["Location"]) == (302, "/")

    @pytest.mark.parametrize("target", NOWHERE)
    def test_the_language_leads_back_or_home(self, shop, visitor, target):
        for language, home in (("en", "/en/"), ("he", "/")):
            answer = visitor.post("/language/", {"language": language, "next": target})
            assert (answer.status_code, answer["Location"]) == (302, home)

    @pytest.mark.parametrize("target", ["/orders/?page=2", "/checkout/", "/search/?q=חלב", "/ops/"])
    def test_a_page_of_ours_is_reached(self, shop, visitor, target):
        ada = with_password()
        sent = {"email": ada.email, "password": PASSWORD, "next": target}
        where = visitor.post(LOGIN, sent)["Location"]
        assert where.startswith(target.partition("?")[0])
        for language, prefix in (("he", ""), ("en", "/en" if "search" in target else "")):
            answer = visitor.post("/language/", {"language": language, "next": target})
            assert answer["Location"] == prefix + where


class TestLateForm:
    """Sent after the session had ended."""

    FORMS = (
        ("/orders/{n}/cancel/", "/orders/{n}/"),
        ("/orders/{n}/reorder/", "/orders/"),
        ("/account/cards/1/delete/", "/account/cards/"),
        ("/account/addresses/1/delete/", "/account/addresses/"),
        ("/ops/orders/{n}/claim/", "/ops/orders/{n}/"),
        ("/ops/orders/{n}/finish/", "/ops/orders/{n}/pick/"),
        ("/ops/orders/{n}/hand-over/", "/ops/orders/{n}/"),
        ("/ops/requests/review/decide/", "/ops/requests/review/"),
        ("/products/1/save/", "/products/1/"),
    )

    @pytest.fixture
    def number(self, shop):
        return shop.order().order_number

    @pytest.mark.parametrize(("action", "page"), FORMS)
    @pytest.mark.parametrize("told_by", ["Referer", "HX-Current-URL", ""])
    def test_leads_over_the_sign_in_to_a_page_with_a_sentence(
        self, shop, visitor, number, action, page, told_by
    ):
        action, page = action.format(n=number), page.format(n=number)
        headers = {told_by: f"http://testserver{page}"} if told_by else {}
        if told_by == "HX-Current-URL":
            headers |= HTMX
        answer = visitor.post(action, headers=headers)
        where = answer.headers.get("HX-Redirect") or answer["Location"]
        assert where.startswith(f"{LOGIN}?next=/")
        staff = "/ops/" in action
        user = with_password("MANAGER" if staff else "CUSTOMER")
        html = visitor.get(where).content.decode()
        target = re.findall(r'name="next" value="([^"]+)"', html)[-1]  # the first is the language's
        if told_by:
            assert target == page
        entered = visitor.post(
            LOGIN, {"email": user.email, "password": PASSWORD, "next": target}, follow=True
        )
        assert "had been signed out" in entered.content.decode()
        assert entered.status_code in {200, 404}, "a page, or one that is a stranger's"

    def test_a_form_of_the_office_too(self, shop, visitor):
        answer = visitor.post("/admin/catalog/product/add/", {"name_he": "x"})
        assert answer["Location"] == f"{LOGIN}?next=/admin/catalog/product/add/"


class TestWrongTurn:
    @pytest.mark.parametrize(
        "path", ["/orders/{n}/cancel/", "/cart/items/", "/language/", "/ops/orders/{n}/claim/", "/account/logout/"]
    )  # fmt: skip
    @pytest.mark.parametrize("who", [None, "CUSTOMER", "MANAGER"])
    def test_a_get_of_what_only_takes_forms_has_words_and_a_way_on(self, shop, visitor, path, who):
        if who:
            visitor.force_login(with_password(who))
        answer = visitor.get(path.format(n=shop.order().order_number))
        html = answer.content.decode()
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "Nothing was changed" in html
        assert 'href="/' in html

    def test_a_put_on_a_page(self, shop, visitor):
        answer = visitor.put("/en/")
        assert (answer.status_code, "Nothing was changed" in answer.content.decode()) == (405, True)

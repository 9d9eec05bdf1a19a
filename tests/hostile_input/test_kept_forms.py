"""What was typed into a form that came too late: back with its owner, and with nobody else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import Address, User
from accounts.tests.factories import PASSWORD, address, with_password
from core.kept_forms import owner_mark
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db
CHECKOUT, ADD, PROFILE = "/checkout/", "/account/addresses/add/", "/account/profile/"
ASK = "/ops/requests/"
TYPED = {"line1": "7 Secret", "city": "Haifa", "door_code": "4711", "instructions": "ring twice"}


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def ada(shop):
    return shop_customer(shop)


def shop_customer(shop) -> User:
    user = with_password()
    shop.fill(user, {shop.product(): 1})
    return user


def form_of(client: Client, path: str) -> dict[str, str]:
    """The hidden fields of the form on this page."""
    html = client.get(path).content.decode()
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def sent_too_late(path: str, owner: User, **typed: str) -> Client:
    """A browser whose session ended while `owner` typed, just after the form was sent."""
    client = Client(headers={"Accept-Language": "en", "Referer": f"http://testserver{path}"})
    client.force_login(owner)
    hidden = form_of(client, path)
    assert hidden["form_owner"]
    client.cookies.pop("sessionid")  # it ended by itself: nobody signed out
    answer = client.post(path, {**hidden, **typed})
    assert answer["Location"] == f"/account/login/?next={path}"
    return client


def enter(client: Client, user: User, next_page: str) -> str:
    """Sign in by the page, and look at the next one."""
    sent = {"email": user.email, "password": PASSWORD, "next": next_page}
    return client.post("/account/login/", sent, follow=True).content.decode()


def test_the_owner_finds_it_on_the_page(ada):
    client = sent_too_late(
        CHECKOUT, ada, where="new", notes="ripe, please", card="token:tok_visa", **TYPED
    )
    assert "tok_visa" not in str(dict(client.session.items()))
    html = enter(client, ada, CHECKOUT)
    for text in (*TYPED.values(), "ripe, please", "had been signed out"):
        assert text in html
    assert "7 Secret" not in client.get(CHECKOUT).content.decode(), "given back once"


def test_also_when_the_card_page_was_asked_for(ada):
    client = Client(headers={"Accept-Language": "en", "Referer": f"http://testserver{CHECKOUT}"})
    client.force_login(ada)
    hidden = form_of(client, CHECKOUT)
    client.cookies.pop("sessionid")
    answer = client.post("/checkout/card/", {**hidden, "where": "new", **TYPED})
    assert answer["Location"] == f"/account/login/?next={CHECKOUT}"
    assert "7 Secret" in enter(client, ada, CHECKOUT)


def test_the_next_person_on_this_browser_sees_nothing(shop, ada):
    client = sent_too_late(CHECKOUT, ada, where="new", notes="for my knees", **TYPED)
    bea = shop_customer(shop)
    html = enter(client, bea, CHECKOUT)
    for text in ("7 Secret", "4711", "ring twice", "for my knees"):
        assert text not in html
    client.logout()
    html = enter(client, ada, CHECKOUT)
    assert "7 Secret" not in html, "thrown away when a stranger came"


@pytest.mark.parametrize("mark", ["", "0" * 32, "of somebody else"])
def test_a_form_that_is_nobodys_keeps_nothing(shop, ada, mark):
    bea = shop_customer(shop)
    client = Client()
    marks = {"of somebody else": owner_mark(bea)}
    client.post(CHECKOUT, {"form_owner": marks.get(mark, mark), "where": "new", **TYPED})
    assert "7 Secret" not in enter(client, ada, CHECKOUT)


@pytest.mark.parametrize("path", [ADD, "change", PROFILE])
def test_other_forms_of_the_account(shop, ada, path):
    if path == "change":
        path = f"/account/addresses/{address(ada).pk}/"
    typed = {"full_name": "Ada New"} if path == PROFILE else TYPED
    before = (ada.full_name, Address.objects.count())
    client = sent_too_late(path, ada, **typed)
    html = enter(client, ada, path)
    assert all(text in html for text in typed.values())
    ada.refresh_from_db()
    assert before == (ada.full_name, Address.objects.count()), "nothing was done"


def test_a_form_of_the_staff(shop):
    eve, dan = with_password("EMPLOYEE"), with_password("EMPLOYEE")
    client = sent_too_late(ASK, eve, product="veg-77", quantity="12", reason="counted twice")
    assert "counted twice" not in enter(client, dan, ASK)
    client = sent_too_late(ASK, eve, product="veg-77", quantity="12", reason="counted twice")
    assert "counted twice" in enter(client, eve, ASK)


def test_a_form_without_anything_to_keep_is_only_told_of(shop, ada):
    client = Client(headers={"Accept-Language": "en"})
    client.post("/account/password/", {"current_password": "x", "new_password": "y1y1y1y1"})
    assert "y1y1y1y1" not in str(dict(client.session.items()))
    assert "had been signed out" in enter(client, ada, "/account/password/")


def test_a_note_on_a_line_of_the_basket(shop, ada):
    """The page is everybody's, the line is hers: nobody's answer would be that there is none."""
    path = f"/cart/items/{ada.carts.get().items.get().product_id}/note/"
    client = Client(headers={"Referer": "http://testserver/cart/", "Accept-Language": "en"})
    assert client.post(path, {"note": "ripe"}).status_code == 404
    answer = client.post(path, {"form_owner": owner_mark(ada), "note": "not too ripe"})
    assert answer["Location"] == "/account/login/?next=/cart/"
    assert "not too ripe" in enter(client, ada, "/cart/")

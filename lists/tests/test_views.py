"""Lists on pages, with HTMX and without: the heart, the basket's line, sharing, one page for each."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from cart.models import CartItem
from catalog.search_port import documents_changed
from core import clock
from lists import services
from lists.models import ListItem, ListMember, ShoppingList

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada(shop):
    person = shop.customer()
    User.objects.filter(pk=person.pk).update(email_verified=True)
    person.refresh_from_db()
    return person


@pytest.fixture
def client(ada):
    client = Client()
    client.cookies["mami_language"] = "en"
    client.force_login(ada)
    return client


def page(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_looking_at_favourites_makes_no_list(client, ada):
    assert client.get("/saved/")["Location"] == "/lists/"
    assert not ada.shopping_lists.exists()


def test_the_heart_fills_the_favourites(shop, client, ada):
    product = shop.product()
    documents_changed([product.pk])
    at = f"/products/{product.pk}/save/"
    assert Client().post(at, {"saved": "yes"})["Location"].startswith("/account/login/")
    for answer, kept in (("yes", True), ("yes", True), ("no", False)):
        part = client.post(at, {"saved": answer}, headers=HTMX).content.decode()
        assert f'aria-pressed="{str(kept).lower()}"' in part
        assert ListItem.objects.filter(list__owner=ada).exists() == kept
        detail = page(client, f"/products/{product.pk}/")
        assert ('aria-pressed="true"' in detail) == kept
        assert (product.name_en in page(client, client.get("/saved/")["Location"])) == kept
    plain = client.post(at, {"saved": "yes"}, headers={"Referer": "http://testserver/aisles/"})
    assert plain["Location"] == f"/aisles/#product-{product.pk}"
    assert client.post("/products/999999/save/", {"saved": "yes"}).status_code == 404
    assert f'id="heart-{product.pk}"' in page(client, "/search/?q=&on_sale=")


def test_a_list_from_its_name_to_the_basket(shop, client, ada):
    milk = shop.product()
    assert "No list yet" in page(client, "/lists/")
    wrong = client.post("/lists/", {"name": " "})
    assert wrong.status_code == 422
    assert b"id_name-error" in wrong.content
    at = client.post("/lists/", {"name": "Weekly"})["Location"]
    assert client.post("/lists/", {"name": "weekly"}).status_code == 422
    row = ShoppingList.objects.get(name="Weekly")
    put = client.post(f"/lists/put/{milk.pk}/", {"list": row.pk})
    assert put["Location"] == at
    assert "It is on it" in page(client, f"/lists/put/{milk.pk}/")
    item = ListItem.objects.get(list=row)
    line = f"{at}items/{item.pk}/"
    assert client.post(line, {"to": "", "quantity": "4"})["Location"] == at
    part = client.post(line, {"note": "ripe"}, headers=HTMX).content.decode()
    assert "ripe" in part
    assert "₪" in part
    assert client.post(line, {"quantity": "x"}, headers=HTMX).status_code == 400
    bought = client.post(f"{at}buy/", follow=True).content.decode()
    assert "Everything on the list is in your basket." in bought
    assert CartItem.objects.get(product=milk).quantity == 4
    assert client.post(f"{at}name/", {"name": "The week"}).status_code == 302
    assert client.post(f"{at}name/", {"name": "x" * 61}).status_code == 422
    assert client.post(line, {"to": "0"}).status_code == 302
    assert "Nothing on it yet" in page(client, at)
    assert client.post(f"{at}delete/")["Location"] == "/lists/"
    page(client, at, 404)


def test_a_line_of_the_basket_is_saved_for_later(shop, client, ada):
    milk, bread = shop.product(), shop.product()
    shop.fill(ada, {milk: 3, bread: 1})
    html = page(client, "/cart/")
    assert f"/lists/later/{milk.pk}/" in html
    assert f"/lists/put/{milk.pk}/" in html
    part = client.post(f"/lists/later/{milk.pk}/", {"where": "page"}, headers=HTMX)
    assert part.status_code == 200
    assert "favourites" in part["HX-Trigger"]
    assert not CartItem.objects.filter(product=milk).exists()
    assert ListItem.objects.get(list__is_favourites=True).quantity == 3
    assert client.post(f"/lists/later/{milk.pk}/", {"where": "page"}).status_code == 404
    made = client.post(f"/lists/put/{bread.pk}/", {"name": "New"})
    assert ListItem.objects.get(list__name="New").product == bread
    assert made.status_code == 302
    assert client.post(f"/lists/put/{bread.pk}/", {"name": "new"}).status_code == 422
    assert client.post(f"/lists/put/{bread.pk}/", {"list": 10**17}).status_code == 404


def test_a_link_shows_whose_list_and_joins_by_one_button(shop, client, ada):
    owner = shop.customer()
    row = services.create_list(actor=owner, name="Home")
    link = services.share_list(actor=owner, list_id=row.pk, now=clock.now())
    at = f"/lists/join/{link.token}/"
    assert Client().get(at)["Location"].startswith("/account/login/")
    assert "Home" in page(client, at)
    assert not ListMember.objects.exists()
    assert client.post(at)["Location"] == f"/lists/{row.pk}/"
    html = page(client, f"/lists/{row.pk}/")
    assert link.url not in html
    assert "Leave" in html
    assert "To the list" in page(client, at)
    assert client.post(f"/lists/{row.pk}/delete/").status_code == 403
    assert client.post(f"/lists/{row.pk}/members/{ada.pk}/")["Location"] == "/lists/"
    page(client, f"/lists/{row.pk}/", 404)
    User.objects.filter(pk=ada.pk).update(email_verified=False)
    assert client.post(at).status_code == 403
    page(client, at.replace("-", "+"), 400)
    client.force_login(owner)
    assert link.url in page(client, f"/lists/{row.pk}/")
    client.post(f"/lists/{row.pk}/share/", {"do": "stop"})
    page(client, at, 400)


def test_an_order_is_kept_as_a_list(shop, client, ada):
    order = shop.order(ada)
    at = f"/orders/{order.order_number}/"
    assert "Keep it as a list" in page(client, at)
    made = client.post(f"{at}to-list/", {"name": "Again"})
    assert made["Location"] == f"/lists/{ShoppingList.objects.get().pk}/"
    assert client.post(f"{at}to-list/", {"name": "again"})["Location"] == at
    assert client.post(f"{at}to-list/", {"name": ""})["Location"] == at

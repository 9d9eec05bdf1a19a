"""Lists in the JSON API: one's own, shared ones, the basket, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Product
from core import clock
from lists import services
from lists.mailing import invited_context
from lists.models import ListItem, ShoppingList
from lists.selectors import list_view, lists_of
from notifications.errors import Obsolete
from notifications.models import Message
from tests.api_client import refusal

pytestmark = pytest.mark.django_db


def verified(shop, name="Bob Baker") -> User:
    bob = shop.customer()
    User.objects.filter(pk=bob.pk).update(email_verified=True, full_name=name)
    bob.refresh_from_db()
    return bob


def made(client, name="Weekly"):
    answer = client.post("/lists", {"name": name})
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]


def test_a_list_is_made_filled_and_bought(api, shop):
    ada = api(shop.customer())
    milk, cheese = shop.product(), shop.weighed()
    one = made(ada)
    assert one["items"] == []
    assert one["role"] == "OWNER"
    at = f"/lists/{one['id']}"
    first = ada.post(f"{at}/items", {"product_id": milk.pk, "quantity": 3, "note": "cold"})
    assert first.status_code == 201
    again = ada.post(f"{at}/items", {"product_id": milk.pk, "quantity": 2})
    assert again.status_code == 200
    ada.post(f"{at}/items", {"product_id": cheese.pk})
    lines = ada.get(at).json()["data"]["items"]
    assert [(line["quantity"], line["note"], line["unit_price"]) for line in lines] == [
        (3, "cold", "10.00"), (0.5, "", "8.90")
    ]  # fmt: skip
    assert all(line["in_stock"] and line["is_available"] for line in lines)
    assert [row["item_count"] for row in ada.get("/lists").json()["data"]] == [2]

    ada.post("/cart/items", {"product_id": milk.pk, "quantity": 1})
    for _ in range(2):  # twice does no harm
        cart = ada.post(f"{at}/add-to-cart", {}).json()["data"]
        assert {line["product_id"]: line["quantity"] for line in cart["items"]} == {
            milk.pk: 3,
            cheese.pk: 0.5,
        }
    assert [line["note"] for line in cart["items"]] == ["cold", ""]

    line = lines[0]["id"]
    changed = ada.patch(f"{at}/items/{line}", {"quantity": 5, "note": ""}).json()["data"]
    assert (changed["items"][0]["quantity"], changed["items"][0]["note"]) == (5, "")
    assert ada.delete(f"{at}/items/{line}").status_code == 204
    refusal(ada.delete(f"{at}/items/{line}"), 404, "NOT_FOUND")
    assert ada.patch(at, {"name": "  The   week "}).json()["data"]["name"] == "The week"
    assert ada.delete(at).status_code == 204
    refusal(ada.get(at), 404, "NOT_FOUND")


def test_what_is_gone_stays_on_the_list_and_out_of_the_basket(api, shop):
    ada, gone, milk = api(shop.customer()), shop.product(), shop.product()
    at = f"/lists/{made(ada)['id']}"
    for product in (gone, milk):
        ada.post(f"{at}/items", {"product_id": product.pk})
    Product.objects.filter(pk=gone.pk).update(is_active=False)
    lines = ada.get(at).json()["data"]["items"]
    assert [(line["in_stock"], line["is_available"]) for line in lines] == [
        (True, False), (True, True)
    ]  # fmt: skip
    cart = ada.post(f"{at}/add-to-cart", {}).json()["data"]
    assert [line["product_id"] for line in cart["items"]] == [milk.pk]
    assert any(gone.name_en in notice for notice in cart["notices"])
    some = ada.post(f"{at}/add-to-cart", {"item_ids": [lines[1]["id"]]})
    assert some.status_code == 200
    refusal(ada.post(f"{at}/add-to-cart", {"item_ids": [999999]}), 404, "NOT_FOUND")
    refusal(ada.post(f"{at}/items", {"product_id": gone.pk}), 409, "PRODUCT_INACTIVE")


def test_refusals_change_nothing(api, shop, monkeypatch):
    person = shop.customer()
    ada, milk = api(person), shop.product()
    one = made(ada)
    at = f"/lists/{one['id']}"
    for body in ({}, {"name": "x" * 61}, {"name": "x" * 10_000}, {"name": "\u202eabc"}):
        refusal(ada.post("/lists", body), 400, "VALIDATION_ERROR")
    refusal(ada.post("/lists", {"name": "WEEKLY"}), 409, "DUPLICATE_NAME")
    refusal(ada.post(f"{at}/items", {"product_id": 999999}), 404, "NOT_FOUND")
    for quantity in (0, -1, 0.5, 1000):
        wrong = {"product_id": milk.pk, "quantity": quantity}
        refusal(ada.post(f"{at}/items", wrong), 400, "VALIDATION_ERROR")
    note = {"product_id": milk.pk, "note": "a\u202eb"}
    refusal(ada.post(f"{at}/items", note), 400, "VALIDATION_ERROR")
    ada.post("/store/wishlist", {"product_id": milk.pk})
    heart = next(row for row in ada.get("/lists").json()["data"] if row["is_favourites"])
    refusal(ada.patch(f"/lists/{heart['id']}", {"name": "x"}), 409, "FAVOURITES_FIXED")
    refusal(ada.delete(f"/lists/{heart['id']}"), 409, "FAVOURITES_FIXED")
    monkeypatch.setattr("lists.services.keeping.MOST_LISTS", 2)
    refusal(ada.post("/lists", {"name": "Third"}), 409, "TOO_MANY_LISTS")
    monkeypatch.setattr("lists.services.lines.MOST_ITEMS", 0)
    refusal(ada.post(f"{at}/items", {"product_id": milk.pk}), 409, "TOO_MANY_ITEMS")
    stranger = api(shop.customer())
    for call in (stranger.get, stranger.delete):
        refusal(call(at), 404, "NOT_FOUND")
    refusal(stranger.post(f"{at}/share"), 404, "NOT_FOUND")
    assert ListItem.objects.filter(list__owner=person).count() == 1
    assert ShoppingList.objects.filter(owner=person).count() == 2


def test_a_list_is_shared_by_a_link(api, shop):
    owner, bob = shop.customer(), verified(shop)
    ada, other = api(owner), api(bob)
    milk, bread = shop.product(), shop.product()
    at = f"/lists/{made(ada, 'Home')['id']}"
    old = ada.post(f"{at}/share").json()["data"]["token"]
    link = ada.post(f"{at}/share").json()["data"]
    assert link["url"].endswith(f"/lists/join/{link['token']}/")
    for token in (old, link["token"][:-1], link["token"] * 2, "x", "1-2.é"):
        refusal(other.post("/lists/join", {"token": token}), 400, "SHARE_TOKEN_INVALID")
    refusal(api(shop.customer()).post("/lists/join", link | {}), 403, "EMAIL_NOT_VERIFIED")
    for _ in range(2):
        joined = other.post("/lists/join", {"token": link["token"]})
        assert joined.status_code == 200
    data = joined.json()["data"]
    assert data["role"] == "MEMBER"
    assert [person["name"] for person in data["members"]] == [owner.full_name.split()[0], "Bob"]
    assert bob.email not in joined.content.decode()
    assert owner.full_name not in joined.content.decode()

    other.post(f"{at}/items", {"product_id": milk.pk})
    ada.post(f"{at}/items", {"product_id": bread.pk})
    assert [line["added_by"] for line in ada.get(at).json()["data"]["items"]] == [
        bob.pk, owner.pk
    ]  # fmt: skip
    for refused in (
        other.patch(at, {"name": "Mine"}),
        other.delete(at),
        other.post(f"{at}/share"),
        other.delete(f"{at}/share"),
        other.delete(f"{at}/members/{owner.pk}"),
    ):
        refusal(refused, 403, "NOT_LIST_OWNER")
    assert other.post(f"{at}/add-to-cart", {}).json()["data"]["item_count"] == 2
    assert other.delete(f"{at}/members/{bob.pk}").status_code == 204
    refusal(other.get(at), 404, "NOT_FOUND")
    assert [line["added_by"] for line in ada.get(at).json()["data"]["items"]] == [
        None, owner.pk
    ]  # fmt: skip
    refusal(ada.delete(f"{at}/members/{bob.pk}"), 404, "NOT_FOUND")
    assert ada.delete(f"{at}/share").status_code == 204
    refusal(other.post("/lists/join", {"token": link["token"]}), 400, "SHARE_TOKEN_INVALID")


def test_at_most_ten_join_and_within_seven_days(api, shop, monkeypatch):
    ada, bob, eve = shop.customer(), verified(shop), verified(shop, "Eve")
    row = services.create_list(actor=ada, name="Home")
    now = clock.now()
    link = services.share_list(actor=ada, list_id=row.pk, now=now)
    monkeypatch.setattr("lists.services.sharing.MOST_MEMBERS", 1)
    assert api(bob).post("/lists/join", {"token": link.token}).status_code == 200
    refusal(api(eve).post("/lists/join", {"token": link.token}), 409, "TOO_MANY_MEMBERS")
    assert services.link_of(row=ShoppingList.objects.get(pk=row.pk), now=link.expires_at) is None


def test_an_order_becomes_a_list(api, shop):
    person = shop.customer()
    ada, milk, cheese = api(person), shop.product(), shop.weighed()
    order = shop.order(person, {milk: 3, cheese: "1.5"})
    answer = ada.post(f"/orders/{order.pk}/to-list", {"name": "As last time"})
    assert answer.status_code == 201, answer.content
    lines = answer.json()["data"]["items"]
    assert {line["product_id"]: line["quantity"] for line in lines} == {milk.pk: 3, cheese.pk: 1.5}
    refusal(
        ada.post(f"/orders/{order.pk}/to-list", {"name": "as last TIME"}), 409, "DUPLICATE_NAME"
    )
    stranger = api(shop.customer())
    refusal(stranger.post(f"/orders/{order.pk}/to-list", {"name": "x"}), 404, "NOT_FOUND")
    assert ShoppingList.objects.count() == 1


def test_a_long_list_is_read_in_four_statements(shop):
    ada = shop.customer()
    row = services.create_list(actor=ada, name="Long")
    goods = [shop.product(stock=1) for _ in range(200)]
    ListItem.objects.bulk_create(
        ListItem(list=row, product=one, quantity=1, added_by=ada, added_at=clock.now())
        for one in goods
    )
    with CaptureQueriesContext(connection) as asked:
        view = list_view(actor=ada, list_id=row.pk)
    assert view.total == Decimal(2000)
    assert len(asked) <= 4
    with CaptureQueriesContext(connection) as asked:
        lists_of(actor=ada)
    assert len(asked) <= 4


def test_who_joined_is_told_once_unless_they_left(shop):
    ada, bob = verified(shop, name="Ada Archer"), verified(shop)
    row = services.create_list(actor=ada, name="Weekly")
    link = services.share_list(actor=ada, list_id=row.pk, now=clock.now())
    for _ in range(2):
        services.join_list(actor=bob, token=link.token, now=clock.now())
    letter = Message.objects.get(kind="list_invited")
    assert (letter.user, letter.channel) == (bob, "EMAIL")
    context = invited_context(**letter.context)
    assert (context["list_name"], context["owner"]) == ("Weekly", "Ada")
    assert context["path"] == f"/lists/{row.pk}/"
    services.remove_member(actor=bob, list_id=row.pk, user_id=bob.pk)
    with pytest.raises(Obsolete):
        invited_context(**letter.context)

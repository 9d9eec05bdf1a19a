"""What is hidden above is hidden below, at any depth, wherever goods are shown or sold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import person
from cart.errors import ProductInactive
from cart.selectors import cart_view
from cart.services import add_item
from catalog import invariants, selectors, services
from catalog.errors import CategoryLoop
from catalog.models import Category, Product
from core.errors import InvalidInput
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_with_sandbox() as made:
        yield made


@pytest.fixture
def mia() -> User:
    return person(Role.MANAGER, email="mia@mami.test", full_name="Mia", language="he")


def ladder(mia: User, depth: int, name: str = "Rung") -> list[Category]:
    """Categories each below the one before."""
    made: list[Category] = []
    for n in range(depth):
        parent_id = made[-1].pk if made else None
        made.append(services.create_category(actor=mia, name=f"{name} {n}", parent_id=parent_id))
    return made


def hide(mia: User, category: Category) -> None:
    services.deactivate_category(actor=mia, category_id=category.pk)


def shown(product: Product) -> set[str]:
    """Where a shopper meets the product."""
    client = Client()
    found = {
        "page": client.get(f"/products/{product.pk}/").status_code == 200,
        "search": product in selectors.shelf(q=product.name_en).items,
        "shelf": product in selectors.shelf().items,
        "cards": bool(selectors.cards(product_ids=[product.pk])),
        "tree": any(node.own_count for node in selectors.category_tree().walk()),
        "category": client.get(f"/aisles/{product.category.slug}/").status_code == 200,
        "api": client.get(f"/api/v1/products/{product.pk}").status_code == 200,
        "api search": str(product.pk)
        in [
            str(row["id"])
            for row in client.get("/api/v1/products/search", {"q": product.name_en}).json()["data"]
        ],
        "featured": bool(selectors.featured(limit=5)),
    }
    return {where for where, there in found.items() if there}


@pytest.fixture
def milk(shop: Shop, mia: User) -> Product:
    product = shop.product(category=ladder(mia, 3)[-1], name_en="Quince milk")
    services.update_product(actor=mia, product_id=product.pk, changes={"description_en": "x"})
    return product


@pytest.mark.parametrize("above", [0, 1, 2])
def test_hidden_with_any_ancestor(shop: Shop, mia: User, milk: Product, above: int) -> None:
    everywhere = shown(milk)
    assert len(everywhere) == 9
    rungs = [milk.category.parent.parent, milk.category.parent, milk.category]
    hide(mia, rungs[above])
    assert shown(milk) == set()
    services.activate_category(actor=mia, category_id=rungs[above].pk)
    assert shown(milk) == everywhere


def test_what_was_in_a_basket_is_not_sold(shop: Shop, mia: User, milk: Product) -> None:
    ada = shop.customer()
    shop.fill(ada, {milk: 2})
    hide(mia, milk.category.parent.parent)
    (line,) = cart_view(actor=ada).items
    assert not line.is_sold
    assert line.notice is not None
    with pytest.raises(ProductInactive) as refused:
        shop.confirm(ada)
    assert refused.value.details["product_ids"] == [milk.pk]
    with pytest.raises(ProductInactive):
        add_item(actor=shop.customer(), product_id=milk.pk, quantity=1)  # type: ignore[arg-type]
    assert not ada.orders.exists()
    assert shop.stock(milk) == (100, 0)


def test_two_hidden_above_both_must_return(shop: Shop, mia: User, milk: Product) -> None:
    middle, top = milk.category.parent, milk.category.parent.parent
    hide(mia, top)
    hide(mia, middle)
    services.activate_category(actor=mia, category_id=top.pk)
    assert shown(milk) == set()
    services.activate_category(actor=mia, category_id=middle.pk)
    assert "page" in shown(milk)


def test_moving_hides_and_shows_the_whole_subtree(shop: Shop, mia: User, milk: Product) -> None:
    (hidden,) = ladder(mia, 1, "Hidden")
    hide(mia, hidden)
    top = milk.category.parent.parent
    services.update_category(actor=mia, category_id=top.pk, changes={"parent_id": hidden.pk})
    assert shown(milk) == set()
    services.update_category(actor=mia, category_id=top.pk, changes={"parent_id": None})
    assert "page" in shown(milk)
    services.update_product(actor=mia, product_id=milk.pk, changes={"category_id": hidden.pk})
    assert shown(Product.objects.get(pk=milk.pk)) == set()


def test_a_new_category_below_a_hidden_one_is_hidden(mia: User) -> None:
    (top,) = ladder(mia, 1)
    hide(mia, top)
    below = services.create_category(actor=mia, name="Below", parent_id=top.pk)
    assert below.is_active
    assert not below.is_open


def test_at_most_five_deep(mia: User) -> None:
    rungs = ladder(mia, 5)
    other = ladder(mia, 2, "Other")
    for act in (
        lambda: services.create_category(actor=mia, name="Sixth", parent_id=rungs[4].pk),
        lambda: services.update_category(
            actor=mia, category_id=other[0].pk, changes={"parent_id": rungs[3].pk}
        ),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert list(refused.value.details["fields"]) == ["parent_id"]
    services.update_category(actor=mia, category_id=other[0].pk, changes={"parent_id": rungs[2].pk})
    with pytest.raises(CategoryLoop):
        services.update_category(
            actor=mia, category_id=rungs[0].pk, changes={"parent_id": other[1].pk}
        )
    assert Category.objects.count() == 7


def test_the_books_tell_a_wrong_mark(mia: User) -> None:
    rungs = ladder(mia, 3)
    assert list(invariants.open_below_open(None)) == []
    Category.objects.filter(pk=rungs[0].pk).update(is_active=False, is_open=False)
    findings = list(invariants.open_below_open(None))
    assert [str(rungs[1].pk) in f.what for f in findings] == [True]
    Category.objects.filter(pk=rungs[1].pk).update(is_open=False)
    Category.objects.filter(pk=rungs[2].pk).update(is_active=True, is_open=False)
    assert list(invariants.open_below_open(None)) == []


def test_the_database_keeps_an_inactive_one_closed(mia: User) -> None:
    (top,) = ladder(mia, 1)
    with pytest.raises(IntegrityError, match="category_open_is_active"), transaction.atomic():
        Category.objects.filter(pk=top.pk).update(is_active=False)


def test_a_new_name_is_found_below_any_depth(shop: Shop, mia: User, milk: Product) -> None:
    assert selectors.shelf(q="Zucchetto").items == []
    changes: dict[str, Any] = {"name_en": "Zucchetto"}
    services.update_category(actor=mia, category_id=milk.category_id, changes=changes)
    assert selectors.shelf(q="Zucchetto").items == [milk]


def test_the_office_says_first_how_many_vanish(shop: Shop, mia: User, milk: Product) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(mia)
    top = milk.category.parent.parent
    page = client.get(f"/admin/catalog/category/{top.pk}/change/")
    assert "it hides 1 product that is for sale below it." in page.content.decode()
    hide(mia, top)
    page = client.get(f"/admin/catalog/category/{top.pk}/change/")
    assert "it hides" not in page.content.decode()

"""Shelves: what stands on them, in which order, what the filters count, what it costs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from branches.models import Branch
from catalog import selectors
from catalog.models import Product
from catalog.tests import factories
from catalog.vat import rates_on
from core import clock
from core.errors import InvalidInput, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("documents")]


def skus(**criteria: Any) -> set[str]:
    return {product.sku for product in selectors.shelf(**criteria).items}


def test_a_department_shows_what_is_below_it() -> None:
    department = factories.category()
    below = factories.category(parent=department)
    deeper = factories.category(parent=below)
    for place, sku in ((department, "top"), (below, "mid"), (deeper, "low")):
        factories.stocked(category=place, sku=sku)
    factories.stocked(sku="elsewhere")
    assert skus(category_id=department.pk) == {"top", "mid", "low"}
    assert skus(category_id=below.pk) == {"mid", "low"}


def test_inactive_things_are_not_shown() -> None:
    department = factories.category(is_active=False)
    hidden = [
        factories.stocked(is_active=False),
        factories.stocked(category=factories.category(is_active=False)),
        factories.stocked(category=factories.category(parent=department)),
    ]
    shown = factories.stocked()
    assert skus() == {shown.sku}
    for product in hidden:
        with pytest.raises(NotFound):
            selectors.product(product_id=product.pk)


def test_tags_narrow_and_brands_widen() -> None:
    one, two = factories.brand(slug="one"), factories.brand(slug="two")
    factories.stocked(sku="a", brand=one, dietary_tags=["vegan", "organic"])
    factories.stocked(sku="b", brand=two, dietary_tags=["vegan"])
    factories.stocked(sku="c", dietary_tags=["organic"])
    assert skus(tags=["vegan"]) == {"a", "b"}
    assert skus(tags=["vegan", "organic"]) == {"a"}
    assert skus(brands=["one", "two"]) == {"a", "b"}
    assert skus(brands=["one", "two"], tags=["organic"]) == {"a"}
    assert skus(brands=["nobody"]) == set()


def test_a_facet_counts_what_a_click_would_give() -> None:
    one, two = factories.brand(slug="one"), factories.brand(slug="two")
    factories.stocked(brand=one, price=Decimal(5), dietary_tags=["vegan"])
    factories.stocked(brand=one, price=Decimal(20), old_price=Decimal(25))
    factories.stocked(brand=two, price=Decimal(6), dietary_tags=["vegan"])
    factories.product(brand=two, price=Decimal(7))  # sold out
    page = selectors.shelf(brands=["one"], max_price=Decimal(10))
    facets = page.facets
    assert page.total == 1
    assert {facet.value: facet.count for facet in facets.brands} == {"one": 1, "two": 2}
    assert {facet.value: facet.count for facet in facets.dietary_tags} == {"vegan": 1}
    assert (facets.price_min, facets.price_max) == (Decimal(5), Decimal(20))
    assert facets.without == {"brand": 3, "price": 2}
    assert facets.on_sale == 0
    assert facets.in_stock == 1


def test_stock_is_of_the_branch_asked_for() -> None:
    other = Branch.objects.create(
        code="other",
        name_he="אחר",
        name_en="Other",
        address_he="א",
        address_en="a",
        city_he="ב",
        city_en="b",
    )
    here, there = factories.stocked(sku="here"), factories.product(sku="there")
    factories.stock(there, other, 3)
    assert skus(in_stock=True) == {"here"}
    assert skus(in_stock=True, branch_id=other.pk) == {"there"}
    listed = selectors.listing(in_stock=True, limit=9, offset=0)
    assert {product.sku for product in listed.items} == {"here", "there"}
    assert selectors.product(product_id=here.pk).available == 10


def test_less_than_one_step_is_not_in_stock() -> None:
    factories.stocked(
        "0.4", sku="crumbs", sold_by="WEIGHT", quantity_step=Decimal("0.5"), size_unit="KG"
    )
    assert skus(in_stock=True) == set()


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("price", ["b", "a", "c"]),
        ("-price", ["c", "a", "b"]),
        ("unit_price", ["c", "b", "a"]),
        ("newest", ["c", "b", "a"]),
        ("", ["a", "c", "b"]),  # sold out last
    ],
)
def test_sorting(sort: str, order: list[str]) -> None:
    place = factories.category()
    factories.stocked(category=place, sku="a", price=Decimal(5))
    factories.product(category=place, sku="b", price=Decimal(4))
    factories.stocked(category=place, sku="c", price=Decimal(9), size=Decimal(10))
    assert [product.sku for product in selectors.shelf(sort=sort).items] == order


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        selectors.shelf(sort="luck")
    assert "sort" in caught.value.details["fields"]


def test_pages_follow_one_another() -> None:
    place = factories.category()
    made = [factories.stocked(category=place).pk for _ in range(5)]
    pages = [selectors.shelf(limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [product.pk for page in pages for product in page.items] == made
    assert {page.total for page in pages} == {5}


def test_what_is_cheaper_for_the_same_measure() -> None:
    place = factories.category()
    small = factories.stocked(
        category=place, price=Decimal(6), size=Decimal(100), size_unit="G", sku="small"
    )
    factories.stocked(
        category=place, price=Decimal(9), size=Decimal(300), size_unit="G", sku="large"
    )
    factories.stocked(category=place, price=Decimal(1), size=Decimal(1), size_unit="L", sku="wet")
    page = selectors.product_page(product_id=small.pk)
    assert [product.sku for product in page.similar] == ["large"]
    assert page.similar_are_cheaper
    assert [stock.available for stock in page.branches] == [10]


@pytest.mark.parametrize("products", [3, 60])
def test_a_shelf_costs_the_same_however_long(products: int, django_assert_num_queries: Any) -> None:
    place = factories.category()
    for _ in range(products):
        factories.stocked(category=place, brand=factories.brand())
    with django_assert_num_queries(2):
        shown = selectors.shelf(category_id=place.pk)
        assert [(p.brand.name, p.category.aisle, p.in_stock) for p in shown.items]
    with django_assert_num_queries(1):
        selectors.category_tree()


def test_counts_cover_the_subtree() -> None:
    department = factories.category()
    below = factories.category(parent=department)
    factories.stocked(category=department)
    factories.stocked(category=below)
    factories.stocked(category=below, is_active=False)
    tree = selectors.category_tree()
    assert [(node.category.pk, node.count) for node in tree.departments] == [(department.pk, 2)]
    assert tree.by_slug(below.slug).count == 1


def test_vat_rates_are_those_of_the_day() -> None:
    today = rates_on(date=clock.shop_date(clock.now()))
    assert today == {"STANDARD": Decimal(18), "ZERO": Decimal(0)}
    assert rates_on(date=dt.date(2024, 12, 31))["STANDARD"] == Decimal(17)


def test_unit_prices_are_the_databases_own() -> None:
    product = factories.product(price=Decimal("7.90"), size=Decimal(180), size_unit="G")
    assert Product.objects.get(pk=product.pk).unit_price == Decimal("4.39")
    assert Product.objects.get(pk=product.pk).unit_price_per == "100G"

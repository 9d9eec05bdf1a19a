"""Managers' changes: what they leave behind, and every refusal with nothing changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.tests.factories import person
from audit.selectors import entries
from catalog import selectors, services
from catalog.models import Category, Product
from catalog.tests import factories
from core import clock
from core.errors import DomainError, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("documents")]


@pytest.fixture
def mia() -> User:
    return person(Role.MANAGER, email="mia@mami.test", full_name="Mia", language="he")


def data(**values: Any) -> services.ProductData:
    fields: dict[str, Any] = {"sku": "NEW-1", "price": Decimal("12.90"), "name": "דבר חדש"}
    if "category_id" not in values:
        fields["category_id"] = factories.category().pk
    return services.ProductData(**{**fields, **values})


def told(product: Any, name: str = "product") -> list[tuple[str, dict, dict]]:
    rows = entries(entity_type=name, entity_id=product.pk)
    return [(row.action, row.old_value, row.new_value) for row in rows]


def test_a_new_product_is_whole(mia: User) -> None:
    branch = factories.source()
    product = services.create_product(actor=mia, data=data(brand="Har Barak"))
    assert (product.name_he, product.name_en) == ("דבר חדש", "דבר חדש")
    assert product.brand is not None
    assert product.brand.name_en == "Har Barak"
    assert [stock.on_hand for stock in product.stocks.filter(branch=branch)] == [0]
    assert [price.price for price in product.prices.all()] == [Decimal("12.90")]
    assert selectors.shelf(q="חדש").items == [product]
    assert [action for action, _old, _new in told(product)] == ["CREATE"]


def test_a_known_brand_is_not_made_twice(mia: User) -> None:
    known = factories.brand(name_en="Kad VaKaf", slug="kad-vakaf")
    for sku, name in (("A", "kad vakaf"), ("B", "KAD VAKAF"), ("C", known.name_he)):
        made = services.create_product(actor=mia, data=data(sku=sku, brand=name))
        assert made.brand == known


def test_a_new_price_goes_into_the_history(mia: User) -> None:
    product = factories.product(price=Decimal(10))
    services.update_product(
        actor=mia, product_id=product.pk, changes={"price": Decimal(8), "old_price": Decimal(10)}
    )
    assert [(row.price, row.old_price, row.actor) for row in product.prices.all()] == [
        (Decimal(8), Decimal(10), mia)
    ]
    ((action, old, new),) = told(product)
    assert (action, old, new) == (
        "UPDATE",
        {"price": "10.00", "old_price": None},
        {"price": "8", "old_price": "10"},
    )


def test_saving_without_a_change_leaves_no_trace(mia: User) -> None:
    product = factories.product(price=Decimal(10))
    services.update_product(actor=mia, product_id=product.pk, changes={"price": Decimal("10.00")})
    assert told(product) == []
    assert not product.prices.exists()


def test_a_new_name_is_found_at_once(mia: User) -> None:
    product = services.create_product(actor=mia, data=data(name="ישן"))
    services.update_product(actor=mia, product_id=product.pk, changes={"name_he": "פומלה"})
    assert selectors.shelf(q="פומלה").total == 1
    services.update_brand(
        actor=mia, brand_id=_branded(mia, product), changes={"name_he": "שקמה ירוקה"}
    )
    assert selectors.shelf(q="שקמה").total == 1


def _branded(mia: User, product: Product) -> int:
    brand = factories.brand()
    services.update_product(actor=mia, product_id=product.pk, changes={"brand": brand})
    return brand.pk


def test_off_the_shelf_and_back(mia: User) -> None:
    product = factories.stocked()
    services.deactivate_product(actor=mia, product_id=product.pk)
    services.deactivate_product(actor=mia, product_id=product.pk)
    assert selectors.shelf().total == 0
    services.activate_product(actor=mia, product_id=product.pk)
    assert selectors.shelf().total == 1
    assert [action for action, _old, _new in told(product)] == ["ACTIVATE", "DEACTIVATE"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"sku": "TAKEN"}, "DUPLICATE_SKU", None),
        ({"barcode": "2900100000024"}, "DUPLICATE_BARCODE", None),
        ({"price": Decimal(0)}, "VALIDATION_ERROR", "price"),
        ({"price": Decimal("1e13")}, "VALIDATION_ERROR", "price"),
        ({"old_price": Decimal(10)}, "VALIDATION_ERROR", "old_price"),
        ({"quantity_step": Decimal("0.5")}, "VALIDATION_ERROR", "quantity_step"),
        ({"size": Decimal(0)}, "VALIDATION_ERROR", "size"),
        ({"barcode": "12"}, "VALIDATION_ERROR", "barcode"),
        ({"name_he": "  "}, "VALIDATION_ERROR", "name_he"),
        ({"dietary_tags": ["magic"]}, "VALIDATION_ERROR", "dietary_tags"),
        ({"category_id": 10**9}, "VALIDATION_ERROR", "category_id"),
        ({"vat_class_id": "HALF"}, "VALIDATION_ERROR", "vat_class"),
    ],
)
def test_what_cannot_stand_is_refused_whole(
    mia: User, changes: dict[str, Any], code: str, field: str | None
) -> None:
    factories.product(sku="TAKEN", barcode="2900100000024")
    product = factories.product(price=Decimal(10))
    before = Product.objects.filter(pk=product.pk).values().get()
    with pytest.raises(DomainError) as caught:
        services.update_product(
            actor=mia, product_id=product.pk, changes={"description_he": "אחר", **changes}
        )
    assert caught.value.code == code
    if field:
        assert field in caught.value.details["fields"]
    assert Product.objects.filter(pk=product.pk).values().get() == before
    assert told(product) == []


def test_a_product_without_any_name_is_refused(mia: User) -> None:
    with pytest.raises(DomainError) as caught:
        services.create_product(actor=mia, data=data(name=""))
    assert caught.value.code == "VALIDATION_ERROR"
    assert not Product.objects.exists()


def test_unknown_things_are_not_found(mia: User) -> None:
    for call in (
        lambda: services.update_product(actor=mia, product_id=1, changes={}),
        lambda: services.update_category(actor=mia, category_id=1, changes={}),
        lambda: services.update_brand(actor=mia, brand_id=1, changes={}),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_category_cannot_stand_below_itself(mia: User) -> None:
    top = services.create_category(actor=mia, name="למעלה")
    mid = services.create_category(actor=mia, name="באמצע", parent_id=top.pk)
    low = services.create_category(actor=mia, name="למטה", parent_id=mid.pk)
    for parent in (top, mid, low):
        with pytest.raises(DomainError) as caught:
            services.update_category(
                actor=mia, category_id=top.pk, changes={"parent_id": parent.pk}
            )
        assert caught.value.code == "CATEGORY_LOOP"
    assert Category.objects.get(pk=top.pk).parent is None
    services.update_category(actor=mia, category_id=low.pk, changes={"parent_id": top.pk})
    services.update_category(actor=mia, category_id=low.pk, changes={"parent": None})
    assert Category.objects.get(pk=low.pk).parent is None


def test_two_categories_of_one_department_have_two_names(mia: User) -> None:
    services.create_category(actor=mia, name_he="גבינות", name_en="Cheese")
    with pytest.raises(DomainError) as caught:
        services.create_category(actor=mia, name_he="גבינות", name_en="Other")
    assert caught.value.code == "DUPLICATE_NAME"
    assert Category.objects.count() == 1


def test_hiding_a_department_hides_its_shelves(mia: User) -> None:
    department = factories.category()
    factories.stocked(category=factories.category(parent=department))
    services.deactivate_category(actor=mia, category_id=department.pk)
    assert selectors.shelf().total == 0
    assert not selectors.category_tree().nodes


def test_vat_rates_begin_only_in_the_future(mia: User) -> None:
    with pytest.raises(DomainError) as caught:
        services.add_vat_rate(
            actor=mia,
            vat_class="STANDARD",
            rate=Decimal(19),
            valid_from=clock.shop_date(clock.now()),
        )
    assert "valid_from" in caught.value.details["fields"]

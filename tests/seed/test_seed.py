"""`manage.py seed`: what it makes, that it can be repeated, that nobody's edit is lost."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count, F, Sum

from accounts.models import User
from branches.models import Branch, DeliverySlot
from catalog.models import Category, PriceHistory, Product
from catalog.tests.conftest import _demo, demo_shop
from inventory.selectors import low_count

__all__ = ["_demo", "demo_shop"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
Stock = apps.get_model("inventory", "Stock")
StockMovement = apps.get_model("inventory", "StockMovement")
PaymentToken = apps.get_model("payments", "PaymentToken")


def seed() -> str:
    out = io.StringIO()
    call_command("seed", stdout=out)
    return out.getvalue()


def test_an_empty_shop_is_filled(demo_shop: None) -> None:
    assert Branch.objects.get(is_delivery_source=True).name_en == "The Warehouse"
    assert Branch.objects.count() == 5
    assert Category.objects.filter(parent=None).count() == 8
    assert Category.objects.exclude(parent=None).count() == 27
    assert 540 <= Product.objects.count() <= 570
    assert Stock.objects.count() == Product.objects.count() * 5
    assert not Product.objects.filter(search_document=None).exists()
    per_day = DeliverySlot.objects.values("branch", "day_of_week").annotate(n=Count("pk"))
    assert {row["n"] for row in per_day} == {8}
    assert len(per_day) == 5 * 7


def test_the_books_balance_from_the_first_day(demo_shop: None) -> None:
    moved = StockMovement.objects.values("stock").annotate(total=Sum("on_hand_delta"))
    totals = {row["stock"]: row["total"] for row in moved}
    for pk, on_hand in Stock.objects.values_list("pk", "on_hand"):
        assert totals.get(pk, Decimal(0)) == on_hand


def test_the_shop_looks_alive(demo_shop: None) -> None:
    at_source = Stock.objects.filter(branch__is_delivery_source=True)
    assert at_source.filter(on_hand=0).count() >= 5
    assert at_source.filter(on_hand__gt=0, on_hand__lte=F("reorder_point")).count() >= 5
    assert at_source.filter(on_hand=0, product__price_controlled=True).count() == 0
    assert low_count() <= 20, "a healthy shop has few shelves to fill"


def test_an_earlier_price_was_really_asked(demo_shop: None) -> None:
    for product in Product.objects.on_sale():
        earlier = PriceHistory.objects.filter(product=product, price=product.old_price).get()
        assert earlier.valid_from < product.prices.latest("valid_from").valid_from


def test_again_adds_nothing(demo_shop: None) -> None:
    assert "0 added" not in (again := seed())
    assert again.count("nothing to add") == 11


def test_edits_survive(demo_shop: None) -> None:
    Product.objects.filter(sku="MIL-0001").update(price=Decimal("1.11"), is_active=False)
    Branch.objects.filter(code="carmel").update(name_he="אחר")
    DeliverySlot.objects.filter(branch__code="carmel", day_of_week=0).update(is_active=False)
    Category.objects.filter(slug="milk").update(name_he="חלבון")
    Stock.objects.filter(product__sku="MIL-0001").update(on_hand=3)
    User.objects.filter(email="ada@mami.test").update(full_name="אחרת", role="MANAGER")
    seed()
    assert Product.objects.get(sku="MIL-0001").price == Decimal("1.11")
    assert not Product.objects.get(sku="MIL-0001").is_active
    assert Branch.objects.get(code="carmel").name_he == "אחר"
    assert not DeliverySlot.objects.filter(
        branch__code="carmel", day_of_week=0, is_active=True
    ).exists()
    assert Category.objects.get(slug="milk").name_he == "חלבון"
    assert User.objects.get(email="ada@mami.test").role == "MANAGER"
    assert set(Stock.objects.filter(product__sku="MIL-0001").values_list("on_hand", flat=True)) == {
        3
    }


def test_demo_people_can_sign_in_and_pay(demo_shop: None) -> None:
    roles = dict(User.objects.values_list("email", "role"))
    assert roles == {
        "ada@mami.test": "CUSTOMER",
        "bob@mami.test": "CUSTOMER",
        "eli@mami.test": "EMPLOYEE",
        "dan@mami.test": "EMPLOYEE",
        "mia@mami.test": "MANAGER",
        "root@mami.test": "ADMIN",
    }
    for email in ("ada@mami.test", "bob@mami.test"):
        user = User.objects.get(email=email)
        assert user.check_password("mami-demo-1")
        assert user.addresses.get().is_default
        assert PaymentToken.objects.get(user=user).is_default

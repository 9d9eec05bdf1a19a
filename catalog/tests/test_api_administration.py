"""Looking after the catalogue and the weekly plan through the JSON API."""

from __future__ import annotations

import pytest

from branches.models import DeliverySlot
from catalog.models import Category, PriceHistory, Product
from tests.api_client import refusal
from tests.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return open_shop()


@pytest.fixture
def mia(shop, api):
    return api(shop.manager())


class TestCategories:
    def test_life(self, shop, mia, api):
        made = mia.post("/admin/categories", {"name": "Bread", "parent_id": shop.category.pk})
        assert made.status_code == 201
        data = made.json()["data"]
        assert (data["name_he"], data["name_en"], data["parent_id"]) == (
            "Bread", "Bread", shop.category.pk
        )  # fmt: skip
        path = f"/admin/categories/{data['id']}"
        assert mia.patch(path, {"name_he": "לחם"}).json()["data"]["name_he"] == "לחם"
        assert mia.delete(path).status_code == 204
        assert mia.get(path).json()["data"]["is_active"] is False
        assert data["id"] in [c["id"] for c in mia.get("/admin/categories").json()["data"]]
        assert data["id"] not in [c["id"] for c in api().get("/categories").json()["data"]]
        assert mia.patch(path, {"is_active": True}).json()["data"]["is_active"] is True

    def test_refusals(self, shop, mia, api):
        child = mia.post("/admin/categories", {"name": "Bread", "parent_id": shop.category.pk})
        pk = child.json()["data"]["id"]
        path = f"/admin/categories/{shop.category.pk}"
        refusal(mia.patch(path, {"parent_id": pk}), 400, "CATEGORY_LOOP")
        refusal(
            mia.post("/admin/categories", {"name": "Bread", "parent_id": shop.category.pk}),
            409,
            "DUPLICATE_NAME",
        )
        refusal(mia.post("/admin/categories", {}), 400, "VALIDATION_ERROR")
        refusal(
            mia.post("/admin/categories", {"name": "X", "parent_id": 999999}),
            400,
            "VALIDATION_ERROR",
        )
        refusal(mia.patch("/admin/categories/999999", {"name": "X"}), 404, "NOT_FOUND")
        refusal(
            api(shop.employee()).post("/admin/categories", {"name": "X"}), 403, "PERMISSION_DENIED"
        )
        assert Category.objects.count() == 2


class TestProducts:
    def body(self, shop, **more):
        return {
            "sku": "NEW-1", "name_he": "לחם אחיד", "name_en": "Plain bread", "price": "7.11",
            "category_id": shop.category.pk, **more,
        }  # fmt: skip

    def test_life(self, shop, mia, api):
        made = mia.post(
            "/admin/products", self.body(shop, brand="Kad VaKaf", dietary_tags=["vegan"])
        )
        assert made.status_code == 201, made.content
        data = made.json()["data"]
        assert (data["price"], data["brand"], data["vat_class"], data["vat_rate"]) == (
            "7.11", "Kad VaKaf", "STANDARD", "18.00"
        )  # fmt: skip
        product = Product.objects.get(pk=data["id"])
        assert shop.stock(product) == shop.stock(product, shop.branch) == (0, 0)
        assert api().get("/products/search?q=bread").json()["pagination"]["total"] == 1
        path = f"/admin/products/{data['id']}"
        changed = mia.patch(path, {"price": 6.5, "old_price": "7.11", "vat_class": "ZERO"})
        assert changed.json()["data"]["price"] == "6.50"
        assert changed.json()["data"]["vat_rate"] == "0.00"
        assert PriceHistory.objects.filter(product=product).count() == 2
        assert mia.delete(path).status_code == 204
        refusal(api().get(f"/products/{data['id']}"), 404, "NOT_FOUND")
        assert mia.get(path).json()["data"]["is_active"] is False
        assert mia.patch(path, {"is_active": True, "brand": None}).json()["data"]["brand"] is None
        listed = mia.get("/admin/products?q=NEW-1&isActive=true").json()
        assert [p["id"] for p in listed["data"]] == [data["id"]]
        actions = [r.action for r in shop.audit(entity_type="product", entity_id=data["id"])]
        assert actions[:3] == ["CREATE", "UPDATE", "DEACTIVATE"]

    def test_weight(self, shop, mia):
        body = self.body(shop, sold_by="WEIGHT", quantity_step=0.5, size_unit="KG")
        assert mia.post("/admin/products", body).json()["data"]["quantity_step"] == 0.5

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("sku", None), ("sku", ""), ("price", "0"), ("price", -1), ("price", "1.234"), ("price", "NaN"), ("price", "100000.00"),
            ("price", 1e20), ("category_id", 999999), ("category_id", "x"), ("barcode", "12"), ("barcode", "abc"),
            ("sold_by", "BOX"), ("quantity_step", 0.5), ("vat_class", "HIGH"), ("dietary_tags", ["magic"]),
            ("dietary_tags", "vegan"), ("allergens", [1]), ("old_price", "1.00"), ("size", 0), ("name_he", "x" * 121),
            ("name_en", "a\x00"), ("bin", "x" * 21), ("is_active", "maybe"),
        ],
    )  # fmt: skip
    def test_bad_input_names_the_field(self, shop, mia, field, value):
        response = mia.post("/admin/products", self.body(shop, **{field: value}))
        details = refusal(response, 400, "VALIDATION_ERROR")
        assert any(name.split(".")[0] == field for name in details["fields"])
        assert not Product.objects.exists()

    def test_no_name(self, shop, mia):
        body = {"sku": "N", "price": "1.00", "category_id": shop.category.pk}
        refusal(mia.post("/admin/products", body), 400, "VALIDATION_ERROR")

    def test_duplicates(self, shop, mia):
        other = shop.product(barcode="7290000000015")
        refusal(mia.post("/admin/products", self.body(shop, sku=other.sku)), 409, "DUPLICATE_SKU")
        refusal(
            mia.post("/admin/products", self.body(shop, barcode="7290000000015")),
            409,
            "DUPLICATE_BARCODE",
        )
        assert Product.objects.count() == 1

    def test_managers_only(self, shop, api):
        for role in (shop.customer(), shop.employee()):
            refusal(api(role).get("/admin/products"), 403, "PERMISSION_DENIED")

    def test_queries(self, shop, mia, django_assert_num_queries):
        shop.product()
        with django_assert_num_queries(3):
            mia.get("/admin/products")
        shop.product()
        with django_assert_num_queries(3):
            mia.get("/admin/products")


class TestSlots:
    def body(self, shop, **more):
        return {
            "branch_id": shop.warehouse.pk, "day_of_week": shop.slot.day_of_week,
            "start_time": "14:00", "end_time": "16:00", **more,
        }  # fmt: skip

    def test_life(self, shop, mia):
        data = mia.post("/admin/delivery-slots", self.body(shop)).json()["data"]
        assert (data["capacity"], data["fee"], data["start_time"]) == (30, None, "14:00")
        path = f"/admin/delivery-slots/{data['id']}"
        assert mia.patch(path, {"capacity": 3, "fee": "12.00"}).json()["data"]["fee"] == "12.00"
        assert mia.delete(path).status_code == 204
        assert mia.get(path).json()["data"]["is_active"] is False
        assert mia.get("/admin/delivery-slots").json()["pagination"]["total"] == 3
        assert mia.patch(path, {"is_active": True}).status_code == 200

    def test_refusals(self, shop, mia):
        def ask(status, code, **more):
            refusal(mia.post("/admin/delivery-slots", self.body(shop, **more)), status, code)

        ask(400, "INVALID_SLOT", end_time="15:00")
        ask(400, "INVALID_SLOT", start_time="04:00", end_time="06:00")
        ask(400, "INVALID_SLOT", start_time="21:00", end_time="23:00")
        ask(409, "SLOT_OVERLAP", start_time="11:00", end_time="13:00")
        ask(404, "NOT_FOUND", branch_id=999999)
        ask(400, "VALIDATION_ERROR", day_of_week=7)
        ask(400, "VALIDATION_ERROR", start_time="24:30")
        ask(400, "VALIDATION_ERROR", capacity=-1)
        refusal(mia.patch("/admin/delivery-slots/999999", {"capacity": 1}), 404, "NOT_FOUND")
        assert DeliverySlot.objects.count() == 2

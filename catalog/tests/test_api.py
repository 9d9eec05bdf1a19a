"""The catalogue through the JSON API."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import pytest

from catalog.models import Brand, Category, Product
from catalog.services import deactivate_category
from search.documents import index_products
from tests.api_client import refusal
from tests.shop import open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("documents")]


@pytest.fixture
def shop(db):
    return open_shop()


@pytest.fixture
def goods(shop):
    brand = Brand.objects.create(slug="kad-vakaf", name_he="כד וכף", name_en="Kad VaKaf")
    fields = {"brand": brand, "icon": "milk"}
    milk = shop.product(
        name_he="חלב טרי", name_en="Fresh milk", price=Decimal("6.90"), size=Decimal(1000),
        size_unit="ML", dietary_tags=["vegetarian"], **fields,
    )  # fmt: skip
    soy = shop.product(
        name_he="משקה סויה", name_en="Soy drink", price=Decimal("9.90"), old_price=Decimal("12.90"),
        dietary_tags=["vegan", "vegetarian"], allergens=["soy"], stock=0,
    )  # fmt: skip
    tomato = shop.weighed(name_he="עגבנייה", name_en="Tomato")
    index_products([milk.pk, soy.pk, tomato.pk])
    return milk, soy, tomato


def names(response):
    assert response.status_code == 200, response.content
    return [item["name"] for item in response.json()["data"]]


class TestCategories:
    def test_count_covers_the_subtree(self, api, shop, goods):
        parent = Category.objects.create(slug="top", name_he="למעלה", name_en="Top")
        Category.objects.create(
            slug="off", name_he="סגור", name_en="Off", is_active=False, is_open=False
        )
        shop.category.parent = parent
        shop.category.save()
        body = api().get("/categories").json()
        assert body["pagination"] == {"total": 2, "limit": 50, "offset": 0, "has_next": False}
        assert {c["name"]: c["product_count"] for c in body["data"]} == {
            "Top": 3, shop.category.name_en: 3
        }  # fmt: skip
        assert names(api().get(f"/categories/{parent.pk}/products?sort=name")) == [
            "Fresh milk", "Soy drink", "Tomato"
        ]  # fmt: skip

    def test_unknown_or_inactive(self, api, shop):
        deactivate_category(actor=None, category_id=shop.category.pk)
        refusal(api().get(f"/categories/{shop.category.pk}/products"), 404, "NOT_FOUND")
        refusal(api().get("/categories/999999/products"), 404, "NOT_FOUND")


class TestProduct:
    def test_whole(self, api, shop, goods):
        milk = goods[0]
        assert api(language="he").get(f"/products/{milk.pk}").json()["data"] == {
            "id": milk.pk, "sku": milk.sku, "barcode": None, "name": "חלב טרי", "description": "",
            "brand": "כד וכף", "category_id": shop.category.pk, "category_name": shop.category.name_he,
            "price": "6.90", "old_price": None, "deposit": "0.00", "sold_by": "UNIT", "quantity_step": 1,
            "unit_price": {"amount": "0.69", "per": "100ML"}, "vat_rate": "18.00",
            "dietary_tags": ["vegetarian"], "allergens": [], "passover": None, "image_url": None, "is_active": True,
            "in_stock_anywhere": True, "in_stock_for_branch": None, "available_quantity": None,
        }  # fmt: skip

    def test_at_a_branch(self, api, shop, goods):
        tomato = goods[2]
        data = api().get(f"/products/{tomato.pk}?branchId={shop.branch.pk}").json()["data"]
        assert (data["in_stock_for_branch"], data["available_quantity"]) == (True, 100)
        assert data["quantity_step"] == 0.5
        snake = api().get(f"/products/{tomato.pk}?branch_id={shop.branch.pk}").json()["data"]
        assert snake == data
        sold_out = api().get(f"/products/{goods[1].pk}?branchId={shop.branch.pk}").json()["data"]
        assert (sold_out["in_stock_for_branch"], sold_out["available_quantity"]) == (False, 0)
        assert sold_out["in_stock_anywhere"] is False

    def test_inactive_is_not_found(self, api, goods):
        Product.objects.filter(pk=goods[0].pk).update(is_active=False)
        refusal(api().get(f"/products/{goods[0].pk}"), 404, "NOT_FOUND")

    @pytest.mark.parametrize("pk", ["0", "999999", "99999999999999999999999999"])
    def test_unknown(self, api, pk):
        refusal(api().get(f"/products/{pk}"), 404, "NOT_FOUND")

    def test_unknown_branch(self, api, goods):
        refusal(api().get(f"/products/{goods[0].pk}?branchId=999999"), 404, "NOT_FOUND")
        details = refusal(api().get(f"/products/{goods[0].pk}?branchId=x"), 400, "VALIDATION_ERROR")
        assert list(details["fields"]) == ["branchId"]

    def test_one_query(self, api, goods, django_assert_num_queries):
        client = api()
        with django_assert_num_queries(1):
            client.get(f"/products/{goods[0].pk}")


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=חלב", ["Fresh milk"]), ("q=toma", ["Tomato"]), ("q=VaKaf", ["Fresh milk"]),
            ("q=zzzzqqq", []), ("onSale=true", ["Soy drink"]), ("on_sale=1", ["Soy drink"]),
            ("inStock=true&sort=name", ["Fresh milk", "Tomato"]), ("tag=vegan&tag=vegetarian", ["Soy drink"]),
            ("tag=vegetarian&sort=name", ["Fresh milk", "Soy drink"]), ("brand=kad-vakaf&brand=x", ["Fresh milk"]),
            ("minPrice=7&maxPrice=9.50", ["Tomato"]), ("sort=-price", ["Soy drink", "Tomato", "Fresh milk"]),
            ("sort=price&limit=1&offset=1", ["Tomato"]), ("sort=newest&limit=1", ["Tomato"]),
            ("q=!!!&sort=name", ["Fresh milk", "Soy drink", "Tomato"]), ("offset=50", []),
        ],
    )  # fmt: skip
    def test_finds(self, api, goods, query, found):
        assert names(api().get(f"/products/search?{query}")) == found

    def test_finds_by_sku_and_barcode(self, api, goods):
        milk = goods[0]
        Product.objects.filter(pk=milk.pk).update(barcode="7290000000017")
        index_products([milk.pk])
        assert names(api().get(f"/products/search?q={milk.sku}"))[:1] == ["Fresh milk"]
        assert names(api().get("/products/search?q=7290000000017")) == ["Fresh milk"]

    def test_facets(self, api, shop, goods):
        facets = api().get("/products/search").json()["facets"]
        assert facets["categories"] == [
            {"value": shop.category.pk, "label": shop.category.name_en, "count": 3}
        ]
        assert facets["brands"] == [{"value": "kad-vakaf", "label": "Kad VaKaf", "count": 1}]
        assert {f["value"]: f["count"] for f in facets["dietary_tags"]} == {
            "vegan": 1, "vegetarian": 2
        }  # fmt: skip
        assert facets["price"] == {"min": "6.90", "max": "9.90"}
        empty = api().get("/products/search?q=zzzzqqq").json()["facets"]
        assert empty["price"] == {"min": None, "max": None}

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"), ("limit=-1", "limit"), ("limit=abc", "limit"), ("offset=-1", "offset"),
            ("offset=x", "offset"), ("sort=random", "sort"), ("minPrice=abc", "minPrice"),
            ("maxPrice=NaN", "maxPrice"), ("inStock=perhaps", "inStock"), ("categoryId=0", "categoryId"),
            ("branchId=1.5", "branchId"), ("limit=1e3", "limit"), (f"offset={10**30}", "offset"),
        ],
    )  # fmt: skip
    def test_bad_queries_name_their_parameter(self, api, query, field):
        details = refusal(api().get(f"/products/search?{query}"), 400, "VALIDATION_ERROR")
        assert list(details["fields"]) == [field]

    def test_limit_is_capped_without_an_error(self, api, goods):
        assert api().get("/products/search?limit=10000").json()["pagination"]["limit"] == 200

    def test_unknown_parameters_are_ignored(self, api, goods):
        assert api().get("/products/search?colour=red").status_code == 200

    def test_queries_do_not_grow(self, api, shop, goods, django_assert_num_queries):
        client = api()
        with django_assert_num_queries(3):  # the tree of departments is remembered elsewhere
            client.get("/products/search")
        for _ in range(5):
            shop.product()
        with django_assert_num_queries(3):  # the tree of departments is remembered elsewhere
            client.get("/products/search")
        with django_assert_num_queries(2):
            client.get(f"/categories/{shop.category.pk}/products")
        with django_assert_num_queries(1):
            client.get("/categories")


class TestCursor:
    """A walk through a shelf while goods come and go: none of those that stay is shown twice or
    passed over.
    """

    @pytest.fixture
    def alike(self, shop):
        """Nine products in two categories, alike in names and prices, so that keys decide."""
        other = Category.objects.create(
            slug="next", name_he="ליד", name_en="Next", position=shop.category.position + 1
        )
        brand = Brand.objects.create(slug="kad-vakaf", name_he="כד וכף", name_en="Kad VaKaf")
        return [
            shop.product(
                name_en="abc"[n % 2], name_he="אבג"[n % 2], price=Decimal(10 + n % 3),
                category=(shop.category, other)[n % 4 == 3], brand=brand,
            )
            for n in range(9)
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "query", ["", "sort=name", "sort=price", "sort=-price", "sort=unit_price", "sort=newest", "sort=price&q=kad",
                  "sort=name&inStock=true&maxPrice=11"],
    )  # fmt: skip
    @pytest.mark.parametrize("language", ["he", "en"])
    def test_walks_once_past_what_comes_and_goes(self, api, shop, alike, query, language):
        client, path = api(language=language), f"/products/search?limit=2&{query}"
        index_products([product.pk for product in alike])
        whole = [p["id"] for p in client.get(path.replace("limit=2", "limit=50")).json()["data"]]
        page = client.get(path).json()
        seen, pages = [p["id"] for p in page["data"]], 1
        Product.objects.filter(pk=whole[0]).update(is_active=False)
        ahead = shop.product(name_he="א", name_en="0", price=Decimal(1), size=Decimal(9))
        ahead.created_at = ahead.created_at.replace(year=2990)
        ahead.save()
        while cursor := page["pagination"]["next_cursor"]:
            assert page["pagination"]["has_next"] is True
            page = client.get(f"{path}&cursor={cursor}").json()
            seen += [p["id"] for p in page["data"]]
            pages += 1
        assert [pk for pk in seen if pk != ahead.pk] == whole
        assert page["pagination"]["has_next"] is False
        assert pages >= len(whole) // 2

    def test_goes_on_behind_an_offset_and_within_a_category(self, api, shop, alike):
        client, path = api(), f"/categories/{shop.category.pk}/products"
        whole = names(client.get(f"{path}?sort=name"))
        page = client.get(f"{path}?sort=name&limit=2&offset=2").json()
        rest = client.get(f"{path}?sort=name&cursor={page['pagination']['next_cursor']}&offset=3")
        assert names(rest) == whole[4:]
        assert rest.json()["pagination"] == {
            "total": len(whole), "limit": 50, "offset": 0, "has_next": False, "next_cursor": None
        }  # fmt: skip

    def test_what_fits_best_has_none(self, api, alike):
        """Relevance is no column: it is weighed anew for each text, so only offsets lead there."""
        index_products([product.pk for product in alike])
        page = api().get("/products/search?q=a&limit=2").json()["pagination"]
        assert (page["has_next"], page["next_cursor"]) == (True, None)

    @pytest.mark.parametrize("query", ["q=a", "sort=name", "sort=-price", ""])
    def test_belongs_to_its_order(self, api, alike, query):
        cursor = (
            api().get("/products/search?sort=price&limit=1").json()["pagination"]["next_cursor"]
        )
        for made_up in (cursor, cursor[:-1], cursor.swapcase(), "é", "0" * 401):
            response = api().get(f"/products/search?{query}&cursor={quote(made_up)}")
            assert list(refusal(response, 400, "VALIDATION_ERROR")["fields"]) == ["cursor"]

    def test_names_are_sorted_by_the_readers_language(self, api, alike):
        page = api(language="he").get("/products/search?sort=name&limit=1").json()["pagination"]
        response = api(language="en").get(
            f"/products/search?sort=name&cursor={page['next_cursor']}"
        )
        refusal(response, 400, "VALIDATION_ERROR")

    def test_costs_as_many_questions_on_every_page(self, api, alike, django_assert_num_queries):
        client, path = api(), "/products/search?sort=price&limit=2"
        cursor = client.get(path).json()["pagination"]["next_cursor"]
        with django_assert_num_queries(3):
            page = client.get(f"{path}&cursor={cursor}").json()
        with django_assert_num_queries(3):
            client.get(f"{path}&cursor={page['pagination']['next_cursor']}")


class TestAutocomplete:
    def test_suggests(self, api, goods):
        data = api().get("/products/autocomplete?q=fre").json()["data"]
        assert [item["name"] for item in data] == ["Fresh milk"]
        assert set(data[0]) == {"id", "name", "category_name", "image_url"}

    @pytest.mark.parametrize("q", ["", "!!!"])
    def test_nothing_typed(self, api, goods, q):
        assert api().get(f"/products/autocomplete?q={q}").json() == {"data": []}

    def test_limit(self, api, goods):
        refusal(api().get("/products/autocomplete?q=a&limit=0"), 400, "VALIDATION_ERROR")
        assert api().get("/products/autocomplete?q=a&limit=500").status_code == 200


class TestKeptCopies:
    PATHS = ("/categories", "/products/search?q=milk", "/products/search?sort=price&limit=1")

    @pytest.mark.parametrize("path", PATHS)
    def test_same_copy_costs_no_query(self, api, goods, path, django_assert_num_queries):
        first = api().get(path)
        assert first["Cache-Control"] == "public, max-age=15"
        assert "Accept-Language" in first["Vary"]
        headers = {"If-None-Match": first["ETag"]}
        with django_assert_num_queries(0):
            again = api().get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert api(language="he").get(path, headers=headers).status_code == 200
        assert api().get(path, headers={"If-None-Match": '"other"'}).status_code == 200
        for copies in (f"W/{first['ETag']}", f'"other", {first["ETag"]}'):
            with django_assert_num_queries(0):
                assert api().get(path, headers={"If-None-Match": copies}).status_code == 304

    def test_whoever_asks_without_a_copy_sees_the_change(self, api, goods):
        first = api().get(self.PATHS[1])
        Product.objects.filter(pk=goods[0].pk).update(price=Decimal("7.50"))
        second = api().get(self.PATHS[1])
        assert second.json()["data"][0]["price"] == "7.50"
        assert second["ETag"] != first["ETag"]
        stale = api().get(self.PATHS[1], headers={"If-None-Match": first["ETag"]})
        assert stale.status_code == 200

    def test_a_broken_token_is_refused_first(self, api, goods):
        tag = api().get("/categories")["ETag"]
        headers = {"If-None-Match": tag, "Authorization": "Bearer nonsense"}
        refusal(api().get("/categories", headers=headers), 401, "TOKEN_INVALID")


class TestSearched:
    def test_the_answer_says_what_became_of_the_text(self, api, shop, goods):
        body = api(language="en").get("/products/search?q=tomatos 2l").json()["search"]
        assert body["status"] in {"LOOSENED", "CORRECTED", "FOUND"}
        assert body["sizes"] == [{"amount": "2", "unit": "L"}]
        assert (body["engine"], body["degraded"]) == ("postgresql", False)
        assert api().get("/products/search").json()["search"] is None
        nothing = api(language="en").get("/products/search?q=zzzzqqq").json()
        assert (nothing["search"]["status"], nothing["pagination"]["total"]) == ("NOTHING", 0)
        assert "zzzzqqq" in nothing["search"]["message"]

    def test_an_unknown_allergen_is_refused_by_its_field(self, api, shop):
        response = api().get("/products/search?allergenFree=luck")
        assert list(refusal(response, 400, "VALIDATION_ERROR")["fields"]) == ["allergenFree"]
        assert api().get("/products/search?allergenFree=nuts&allergenFree=milk").status_code == 200

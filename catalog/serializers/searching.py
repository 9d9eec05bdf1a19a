"""What may be asked of a shelf, and what is told beside its products."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Money, Sought, Whole, money
from api.queries import CursorPaging, Query
from catalog.choices import Allergen
from catalog.facets import Facet, Facets
from catalog.search_port import SearchStatus
from catalog.searched import Searched, plain
from catalog.selectors import SORTS

PER = ["100G", "100ML", "KG", "L", "PIECE"]

SHOWN_WIDTH = 640


class CategoryFacetOut(serializers.Serializer[Any]):
    value = Id(help_text="For `categoryId`.")
    label = serializers.CharField()
    count = Whole()


class FacetOut(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="For `brand` or `tag`.")
    label = serializers.CharField()
    count = Whole()


class PriceRangeOut(serializers.Serializer[Any]):
    min = Money(allow_null=True)
    max = Money(allow_null=True)


class CountOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class FacetsOut(serializers.Serializer[Any]):
    """How many products each further filter would leave."""

    categories = CategoryFacetOut(many=True)
    brands = FacetOut(many=True)
    dietary_tags = FacetOut(many=True)
    departments = CategoryFacetOut(many=True)
    allergen_free = FacetOut(many=True)
    in_stock = CountOut()
    on_sale = CountOut()
    price = PriceRangeOut()

    def to_representation(self, facets: Facets) -> dict[str, Any]:
        return {
            "categories": [_facet(f, f.pk) for f in facets.categories],
            "brands": [_facet(f, f.value) for f in facets.brands],
            "dietary_tags": [_facet(f, f.value) for f in facets.dietary_tags],
            "departments": [_facet(f, f.pk) for f in facets.departments],
            "allergen_free": [_facet(f, f.value) for f in facets.allergen_free],
            "in_stock": {"count": facets.in_stock},
            "on_sale": {"count": facets.on_sale},
            "price": {"min": money(facets.price_min), "max": money(facets.price_max)},
        }


def _facet(facet: Facet, value: Any) -> dict[str, Any]:
    return {"value": value, "label": facet.label, "count": facet.count}


class SearchSizeOut(serializers.Serializer[Any]):
    amount = serializers.CharField(help_text="As typed, without zeros at the end.")
    unit = serializers.ChoiceField(choices=["ML", "L", "G", "KG", "PIECE"])


class SearchDepartmentOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    product_count = serializers.IntegerField()


class SearchBarcodeOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    weight_kg = serializers.CharField(
        allow_null=True, help_text="Of an in-store label, three digits."
    )


class SearchedOut(serializers.Serializer[Any]):
    """What became of the text; null without one. `shown_for` is what was looked for instead."""

    status = serializers.ChoiceField(choices=SearchStatus.values)
    text = serializers.CharField()
    shown_for = serializers.CharField(allow_null=True)
    left_out = serializers.ListField(child=serializers.CharField())
    sizes = SearchSizeOut(many=True)
    percents = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    allergen_free = serializers.ListField(child=serializers.CharField())
    departments = SearchDepartmentOut(many=True)
    barcode = SearchBarcodeOut(allow_null=True)
    message = serializers.CharField(help_text="In the reader's language; empty for FOUND.")
    engine = serializers.ChoiceField(choices=["postgresql", "opensearch"])
    degraded = serializers.BooleanField()

    def to_representation(self, searched: Searched) -> dict[str, Any]:
        query = searched.query
        weight = query.weight_kg
        return {
            "status": str(query.status),
            "text": query.text,
            "shown_for": query.shown_for or None,
            "left_out": list(query.left_out),
            "sizes": [{"amount": plain(amount), "unit": unit} for amount, unit in query.sizes],
            "percents": [plain(percent) for percent in query.percents],
            "tags": list(query.tags),
            "allergen_free": list(query.allergen_free),
            "departments": [
                {"id": node.category.pk, "name": node.category.name, "product_count": node.count}
                for node in searched.shelves
            ],
            "barcode": {
                "code": query.barcode,
                "weight_kg": None if weight is None else f"{weight:.3f}",
            }
            if query.barcode
            else None,
            "message": searched.message,
            "engine": searched.engine,
            "degraded": searched.degraded,
        }


class BranchQuery(Query):
    branchId = Id(required=False, source="branch_id")  # noqa: N815


class ShelfQuery(CursorPaging):
    branchId = Id(required=False, source="branch_id")  # noqa: N815
    sort = serializers.ChoiceField(choices=SORTS, required=False)


class SearchParameters(ShelfQuery):
    q = Sought(
        required=False, allow_blank=True, max_length=100,
        help_text="Name, brand, sku or barcode, in Hebrew or English; absent: everything.",
    )  # fmt: skip
    categoryId = Id(required=False, source="category_id")  # noqa: N815
    brand = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, source="brands", max_length=20,
        help_text="Repeat it to widen.",
    )  # fmt: skip
    tag = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, source="tags", max_length=20,
        help_text="Repeat it to narrow.",
    )  # fmt: skip
    allergenFree = serializers.MultipleChoiceField(  # noqa: N815
        choices=Allergen.choices,
        required=False,
        source="allergen_free",
        help_text="Repeat it to narrow. By the label; traces are not known.",
    )
    minPrice = Money(required=False, source="min_price")  # noqa: N815
    maxPrice = Money(required=False, source="max_price")  # noqa: N815
    inStock = serializers.BooleanField(required=False, source="in_stock")  # noqa: N815
    onSale = serializers.BooleanField(required=False, source="on_sale")  # noqa: N815
    asTyped = serializers.BooleanField(  # noqa: N815
        required=False, source="as_typed",
        help_text="Nothing is corrected, replaced or left out: what was typed, or nothing.",
    )  # fmt: skip

    def validate_allergenFree(self, value: set[str]) -> list[str]:  # noqa: N802
        return sorted(value)


class AutocompleteQuery(Query):
    q = Sought(required=False, default="", allow_blank=True, max_length=100)
    limit = Whole(required=False, default=10, min_value=1, help_text="At most 20; more means 20.")

    def validate_limit(self, value: int) -> int:
        return min(value, 20)

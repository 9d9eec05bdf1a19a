"""A shelf as one shopper sees it: filters in force, ways to drop them, pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalog.choices import Allergen, DietaryTag
from catalog.forms import ShelfForm, sorts
from catalog.models import Product
from catalog.process_cache import recall
from catalog.searched import MAX_SHELVES, Searched, searched
from catalog.selectors import ShelfPage
from catalog.selectors.shelves import DEEPEST
from catalog.tree import Node, category_tree
from core.bidi import left_to_right
from core.money import shekels

SHOWN_BRANDS = 8


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    url: str
    count: int = 0


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Which pages there are around the one shown; 0 stands for a gap."""

    number: int
    count: int

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.count else None

    @property
    def numbers(self) -> list[int]:
        near = {1, self.count, *range(self.number - 1, self.number + 2)}
        shown: list[int] = []
        for number in sorted(n for n in near if 1 <= n <= self.count):
            if shown and number - shown[-1] > 1:
                shown.append(0)
            shown.append(number)
        return shown


@dataclass(frozen=True, kw_only=True)
class Browse:
    """`fixed` names the filters that the place itself sets and nobody can drop."""

    form: ShelfForm
    page: ShelfPage[Product]
    fixed: frozenset[str] = frozenset()

    @property
    def pages(self) -> Pages:
        page = self.page
        count = -(-page.total // page.limit)
        if page.understood is not None:
            count = min(count, DEEPEST // page.limit + 1)
        return Pages(number=page.offset // page.limit + 1, count=count)

    @property
    def sorts(self) -> list[tuple[str, Any]]:
        return sorts()

    @property
    def is_one_code(self) -> bool:
        """A barcode that names one product."""
        query = self.page.understood
        return query is not None and bool(query.barcode) and self.page.total == 1

    @property
    def is_narrowed(self) -> bool:
        """Whether the address asks for less than the whole shelf, or for another order of it."""
        return any(self.form.data.get(name) for name in self.form.fields if name != "page")

    @cached_property
    def searched(self) -> Searched | None:
        """What became of the text; None without one."""
        return searched(self.page)

    @property
    def helpful_shelves(self) -> list[Node]:
        """Where somebody may go on whose text found nothing: its own shelves, or the first departments."""
        if self.searched is None:
            return []
        return self.searched.shelves or category_tree(recall()).departments[:MAX_SHELVES]

    @property
    def as_typed_url(self) -> str:
        """The same text taken at its word."""
        return f"{self._url(drop={'asTyped': None})}&asTyped=true"

    @cached_property
    def tags(self) -> list[dict[str, Any]]:
        """Dietary choices that would narrow what is shown, and those chosen."""
        chosen, total = self.form.criteria()["tags"], self.page.facets.total
        telling = [f for f in self.page.facets.dietary_tags if f.count < total or f.value in chosen]
        return self._choices("tag", telling, dict(DietaryTag.choices))

    @cached_property
    def departments(self) -> list[dict[str, Any]]:
        """The departments to choose from: where there are several, or one is chosen."""
        facets, chosen = self.page.facets.departments, self.form.category
        found = [
            {
                "value": facet.pk,
                "label": facet.label,
                "count": facet.count,
                "chosen": chosen is not None and facet.pk == chosen.pk,
            }
            for facet in facets
        ]
        if chosen is not None and facets and chosen.pk not in {facet.pk for facet in facets}:
            total = self.page.facets.total
            found.append({"value": chosen.pk, "label": chosen.name, "count": total, "chosen": True})
        return found if chosen is not None or len(found) > 1 else []

    @cached_property
    def allergens(self) -> list[dict[str, Any]]:
        """What the shelf could be free of, where that would change it, and what was chosen."""
        return self._choices("allergenFree", self.page.facets.allergen_free, dict(Allergen.choices))

    @cached_property
    def brands(self) -> list[dict[str, Any]]:
        return self._choices("brand", self.page.facets.brands, {})

    @property
    def first_brands(self) -> list[dict[str, Any]]:
        return self.brands[:SHOWN_BRANDS]

    @property
    def more_brands(self) -> list[dict[str, Any]]:
        return self.brands[SHOWN_BRANDS:]

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force, each with the number of products there would be without it."""
        return list(self._chips())

    @property
    def ways_on(self) -> list[Chip]:
        """Filters whose removal would show something."""
        return [chip for chip in self.chips if chip.count]

    @property
    def without_filters(self) -> str:
        kept = ("q", "asTyped", "branchId", "sort")
        return self._url(drop=dict.fromkeys(set(self.form.fields).difference(kept)))

    def _chips(self) -> Iterator[Chip]:
        criteria, without = self.form.criteria(), self.page.facets.without
        if self.form.category is not None and self.departments:
            yield Chip(
                label=self.form.category.name,
                url=self._url(drop={"categoryId": None}),
                count=sum(facet.count for facet in self.page.facets.departments),
            )
        labels = {choice["value"]: choice["label"] for choice in (*self.tags, *self.brands)}
        for name, key, what in (("tag", "tags", "tag"), ("brand", "brands", "brand")):
            for value in criteria[key]:
                yield self._chip(labels.get(value, value), what, **{name: value})
        for choice in self.allergens:
            if choice["chosen"]:
                label = _("Without: %(what)s") % {"what": choice["label"]}
                yield self._chip(label, "free", allergenFree=choice["value"])
        low, high = criteria["min_price"], criteria["max_price"]
        if low is not None or high is not None:
            yield Chip(
                label=_price_words(low, high),
                url=self._url(drop={"minPrice": None, "maxPrice": None}),
                count=without.get("price", 0),
            )
        if criteria["in_stock"]:
            yield self._chip(self.form.in_stock_label, "stock", inStock=None)
        if criteria["on_sale"] and "on_sale" not in self.fixed:
            yield self._chip(_("On offer"), "sale", onSale=None)

    def _chip(self, label: str, what: str, **drop: str | None) -> Chip:
        return Chip(
            label=str(label), url=self._url(drop=drop), count=self.page.facets.without.get(what, 0)
        )

    def _url(self, *, drop: dict[str, str | None]) -> str:
        pairs = [
            (name, value)
            for name, values in self.form.data.lists()  # type: ignore[attr-defined]
            for value in values
            if name in self.form.fields
            and name != "page"
            and value
            and not (name in drop and drop[name] in (None, value))
        ]
        return f"?{urlencode(pairs)}"

    def _choices(self, field: str, facets: list, names: dict[str, Any]) -> list[dict[str, Any]]:
        names_of = {"allergenFree": "allergen_free"}
        chosen = self.form.criteria()[names_of.get(field, f"{field}s")]
        found = [
            {
                "value": facet.value,
                "label": facet.label,
                "count": facet.count,
                "chosen": facet.value in chosen,
            }
            for facet in facets
        ]
        known = {choice["value"] for choice in found}
        return found + [
            {"value": value, "label": capfirst(names.get(value, value)), "count": 0, "chosen": True}
            for value in chosen
            if value not in known
        ]


def _price_words(low: Any, high: Any) -> str:
    if low is None:
        return _("up to ₪%(high)s") % {"high": shekels(high)}
    if high is None:
        return _("from ₪%(low)s") % {"low": shekels(low)}
    return left_to_right(f"₪{shekels(low)}–{shekels(high)}")

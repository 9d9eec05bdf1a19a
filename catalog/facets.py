"""Counting a shelf: how many products match, and how many each further filter would leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import get_language

from catalog.choices import Allergen, DietaryTag
from core.name_keys import name_key

# `m` holds the products of the place and the text, those alike in all that is counted as one row of
# `n`, each with one flag for every filter in force: everything else is counted from a few rows.
# A facet counts with all filters but its own, so that its number is what a click would give; tags
# narrow, so theirs are counted with everything.
COUNTS = """
SELECT 'total' AS facet, NULL::bigint AS id, '' AS value, '' AS label, coalesce(sum(n), 0) AS n,
       NULL::numeric AS low, NULL::numeric AS high FROM kept
UNION ALL
SELECT 'price', NULL, '', '', coalesce(sum(n), 0), min(low), max(high)
  FROM m WHERE by_brand AND by_tag AND by_free AND by_stock AND by_sale
UNION ALL
SELECT 'brand', b.id, b.slug, b.{name}, sum(n), NULL, NULL
  FROM m JOIN catalog_brand b ON b.id = m.brand_id
  WHERE by_tag AND by_free AND by_price AND by_stock AND by_sale GROUP BY b.id
UNION ALL
SELECT 'category', c.id, c.slug, c.{name}, sum(n), NULL, NULL
  FROM kept JOIN catalog_category c ON c.id = kept.category_id GROUP BY c.id
UNION ALL
SELECT 'tag', NULL, t.tag, '', sum(n), NULL, NULL
  FROM kept CROSS JOIN LATERAL unnest(kept.dietary_tags) AS t(tag) GROUP BY t.tag
UNION ALL
SELECT 'allergen', NULL, a.name, '', sum(n), NULL, NULL
  FROM kept CROSS JOIN LATERAL unnest(kept.allergens) AS a(name) GROUP BY a.name
UNION ALL
SELECT 'without', NULL, w.name, '', sum(n), NULL, NULL
  FROM m CROSS JOIN unnest({filters}) AS w(name)
  WHERE (by_brand OR w.name = 'brand') AND (by_tag OR w.name = 'tag')
    AND (by_free OR w.name = 'free')
    AND (by_price OR w.name = 'price') AND (by_stock OR w.name = 'stock')
    AND (by_sale OR w.name = 'sale') GROUP BY w.name
UNION ALL
SELECT 'on_sale', NULL, '', '', coalesce(sum(n), 0), NULL, NULL
  FROM m WHERE by_brand AND by_tag AND by_free AND by_price AND by_stock AND is_sale
UNION ALL
SELECT 'in_stock', NULL, '', '', coalesce(sum(n), 0), NULL, NULL
  FROM m WHERE by_brand AND by_tag AND by_free AND by_price AND by_sale AND in_stock
"""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What narrows a shelf. `brands` (slugs) widen one another, `tags` narrow one another,
    and so does what is to be free of: by the label, traces are not known.
    """

    brands: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    allergen_free: tuple[str, ...] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool = False
    on_sale: bool = False

    @classmethod
    def of(cls, values: dict[str, Any]) -> Filters:
        """The same from lists, as forms and queries give them."""
        fitting: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**fitting)

    def conditions(self) -> dict[str, Q]:
        """The filters in force, by name."""
        conditions = {}
        if self.brands:
            conditions["brand"] = Q(brand__slug__in=self.brands)
        if self.tags:
            conditions["tag"] = Q(dietary_tags__contains=list(self.tags))
        if self.allergen_free:
            conditions["free"] = ~Q(allergens__overlap=list(self.allergen_free))
        if self.min_price is not None or self.max_price is not None:
            conditions["price"] = self._price()
        if self.in_stock:
            conditions["stock"] = Q(in_stock=True)
        if self.on_sale:
            conditions["sale"] = Q(old_price__isnull=False)
        return conditions

    def _price(self) -> Q:
        price = Q()
        if self.min_price is not None:
            price &= Q(price__gte=self.min_price)
        if self.max_price is not None:
            price &= Q(price__lte=self.max_price)
        return price


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One choice of a filter and the number of products it would show."""

    value: str
    label: str
    count: int
    pk: int | None = None


@dataclass(kw_only=True)
class Facets:
    """The counts of a shelf. `without` says how many there would be without a filter in force, and so do
    `departments`, where they are asked for, of the one that was chosen.
    """

    total: int = 0
    categories: list[Facet] = field(default_factory=list)
    departments: list[Facet] = field(default_factory=list)
    brands: list[Facet] = field(default_factory=list)
    dietary_tags: list[Facet] = field(default_factory=list)
    allergen_free: list[Facet] = field(default_factory=list)
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    on_sale: int = 0
    in_stock: int = 0
    without: dict[str, int] = field(default_factory=dict)


def collected(rows: list[tuple], filters: Filters) -> Facets:
    """The counts out of rows as `COUNTS` gives them, whichever engine counted."""
    facets = Facets()
    tags = dict(DietaryTag.choices)
    holding = dict.fromkeys(filters.allergen_free, 0)
    for facet, pk, value, label, summed, low, high in rows:
        count = int(summed)
        if facet == "brand":
            facets.brands.append(Facet(pk=pk, value=value, label=label, count=count))
        elif facet == "category":
            facets.categories.append(Facet(pk=pk, value=value, label=label, count=count))
        elif facet == "tag":
            label = str(capfirst(tags.get(value, value)))
            facets.dietary_tags.append(Facet(value=value, label=label, count=count))
        elif facet == "allergen":
            holding[value] = count
        elif facet == "without":
            facets.without[value] = count
        elif facet == "price":
            facets.price_min, facets.price_max = low, high
        else:
            setattr(facets, facet, count)
    language = get_language() or ""
    facets.allergen_free = [
        Facet(value=value, label=capfirst(str(label)), count=facets.total - holding[value])
        for value, label in Allergen.choices
        if value in holding
    ]
    for choices in (facets.brands, facets.categories, facets.dietary_tags):
        choices.sort(key=lambda choice: (-choice.count, name_key(choice.label, language)))
    return facets

"""What is asked of a shelf: which place, which text, which filters, whose stock, in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language

from catalog.facets import Filters
from catalog.models import Product
from catalog.querysets import ProductQuerySet
from catalog.search_port import SearchQuery, engine

SUBTREE = """
WITH RECURSIVE below(id) AS (
    SELECT %s::bigint UNION SELECT c.id FROM catalog_category c JOIN below b ON c.parent_id = b.id
) SELECT id FROM below
"""


@dataclass(frozen=True, kw_only=True)
class ShelfQuestion:
    """Which products are asked for, and in which order.

    Stock is that of `branch_id`, without one that of the delivery source; with `anywhere`, without
    a branch, that of any branch. `sold_out_last` puts what is not in stock behind the rest.
    `offers` are a place of their own: what costs less than it did, and nothing else is counted.
    """

    category_id: int | None = None
    understood: SearchQuery | None = None
    filters: Filters = field(default_factory=Filters)
    branch_id: int | None = None
    anywhere: bool = False
    offers: bool = False
    sort: str = ""
    hides_chametz: bool | None = None
    language: str = field(default_factory=lambda: get_language() or "")

    @property
    def by_relevance(self) -> bool:
        return self.sort in {"", "relevance"}

    @property
    def by_text(self) -> bool:
        """Ordered by how a text fits; what is in stock is one of the numbers it is ordered by."""
        return self.by_relevance and self.understood is not None

    @property
    def sold_out_last(self) -> bool:
        return self.by_relevance and self.understood is None and not self.anywhere

    def matching(self, *, stock: bool) -> ProductQuerySet:
        """The products of the place and the text. Without `stock` they count as in stock; those of a
        text are in stock where the engine says so.
        """
        found = Product.objects.active(hides_chametz=self.hides_chametz)
        if self.offers:
            found = found.on_sale()
        if not stock:
            found = found.annotate(in_stock=Value(True))
        elif self.understood is not None:
            found = found.annotate(in_stock=self._stock)
        elif self.anywhere and self.branch_id is None:
            found = found.with_stock_anywhere().annotate(in_stock=F("in_stock_anywhere"))
        else:
            found = found.with_availability(self.branch_id)
        if self.category_id is not None:
            below = RawSQL(SUBTREE, [self.category_id])  # noqa: S611 - constant text
            found = found.filter(category__in=below)
        if self.understood is not None:
            found = engine().narrow(found, self.understood)
        return found

    def ordered(self, *, stock: bool) -> ProductQuerySet:
        """The products that pass the filters, in order."""
        conditions = self.filters.conditions()
        first = ["-in_stock"] if stock and self.sold_out_last else []
        if "stock" in conditions and self.understood is None:
            # Read along an index until a page is full, so that stock is best asked of each product on the way.
            del conditions["stock"]
            first = []
            kept = self.matching(stock=False).in_stock(self.branch_id, at_source=not self.anywhere)
        else:
            kept = self.matching(stock=stock)
        return kept.filter(*conditions.values()).order_by(*first, *self.keys)

    @property
    def _stock(self) -> Any:
        return engine().in_stock(branch_id=self.branch_id, anywhere=self.anywhere)

    def cards(self, page: ProductQuerySet) -> list[Product]:
        """A page of what a text finds, as cards: in its order, in stock as they are now."""
        keys = page.values("pk")
        found = Product.objects.as_cards(self.branch_id).filter(pk__in=keys)
        return list(found.order_by(*page.query.order_by))

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that sort the shelf, none where it stands as its text is fit."""
        if not self.by_relevance:
            name = "key_en" if self.language == "en" else "key_he"
            order = {"name": name, "newest": "-created_at"}.get(self.sort, self.sort)
            return order, "-id" if self.sort == "newest" else "id"
        return () if self.understood else ("category__position", "category_id", "id")

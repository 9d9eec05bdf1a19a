"""What pages and endpoints ask about departments, shelves and products."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Greatest

from branches.models import Branch
from catalog.models import Category, Product
from catalog.process_cache import Memory, recall
from catalog.product_rows import Described, described, described_in_order
from catalog.querysets import NOTHING, QUANTITY, ProductQuerySet
from catalog.search_port import SearchQuery, engine
from catalog.selectors.question import SUBTREE
from catalog.selectors.shelves import (
    SORTS,
    ShelfPage,
    first_found,
    listing,
    shelf,
    subtree,
)
from catalog.tree import Node, Tree, category_tree
from core import clock
from core.clock import shop_date
from core.errors import NotFound
from core.gtin import coded, part_of
from core.text import sought

__all__ = ["SORTS", "Node", "ShelfPage", "Tree", "category_tree", "listing", "shelf", "subtree"]

IN_STOCK = Q(in_stock=True)
EARLIER = 4
SAVING = (F("old_price") - F("price")) / F("old_price")
MOST_SAVED = 120  # so many of the largest savings are looked at for those in stock


@dataclass(frozen=True, kw_only=True)
class BranchStock:
    """What a branch has of one product, in units or kg."""

    branch: Branch
    available: Decimal
    in_stock: bool
    is_low: bool


@dataclass(frozen=True, kw_only=True)
class ProductPage:
    product: Product
    branches: list[BranchStock]
    similar: list[Product]
    similar_are_cheaper: bool


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    products: list[Product]
    categories: list[Category]
    understood: SearchQuery | None
    texts: list[str] = field(default_factory=list)


def cards(*, product_ids: Iterable[int], branch_id: int | None = None) -> list[Product]:
    """Active products ready for cards, in the order of the ids. One query."""
    return Product.objects.active().as_cards(branch_id).in_given_order(product_ids)


def discounted_products(
    *, limit: int, branch_id: int | None = None, memory: Memory | None = None
) -> list[Product]:
    """The largest savings in stock, one of each category as far as that goes. One query where `memory`
    knows the offers, two or three where nobody has asked since the catalogue changed.

    Each carries `offers_in_all`, the number the page of all offers shows, sold out ones too.
    """
    order = (SAVING.desc(), "id")
    known = recall() if memory is None else memory
    offered = Product.objects.active(hides_chametz=known.hides_chametz).on_sale()
    in_all, keys = known.get(
        ("offers",),
        lambda: _most_saved(offered, order),
    )
    cards = offered.as_cards(branch_id).filter(IN_STOCK).order_by(*order)
    best: list[Any] = list(cards.filter(pk__in=keys)[: limit * 6])
    if len(best) < limit < in_all:  # so much is sold out
        best = list(cards[: limit * 6])
    for product in best:
        product.offers_in_all = in_all
    first = list({product.category_id: product for product in reversed(best)}.values())
    first.sort(key=best.index)
    return (first + [product for product in best if product not in first])[:limit]


def _most_saved(offered: ProductQuerySet, order: tuple[Any, ...]) -> tuple[int, list[int]]:
    """How many there are in all, and the first of them. One query."""
    rows = list(
        offered.order_by(*order)
        .annotate(in_all=Window(Count("pk")))
        .values_list("pk", "in_all")[:MOST_SAVED]
    )
    return (rows[0][1] if rows else 0), [pk for pk, _in_all in rows]


def featured(*, limit: int, branch_id: int | None = None) -> list[Described]:
    """Newest products, those on offer first, for the JSON API. Two queries."""
    found = Product.objects.active()
    order = (F("old_price").asc(nulls_last=True), "-created_at", "-id")
    ids = list(found.order_by(*order).values_list("pk", flat=True)[:limit])
    return described_in_order(ids, branch_id=branch_id)


def product(*, product_id: int, branch_id: int | None = None) -> Product:
    """One product a shopper may see. Raises NotFound. One query."""
    found = (
        Product.objects.active()
        .select_related("brand", "category__parent")
        .with_availability(branch_id)
        .filter(pk=product_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def described_product(*, product_id: int, branch_id: int | None = None) -> Described:
    """`product` as the JSON API tells it. Raises NotFound. One query."""
    found = described(product_id=product_id, branch_id=branch_id)
    if found is None:
        raise NotFound
    return found


def public_products() -> ProductQuerySet:
    """All that have a page of their own."""
    return Product.objects.active()


def public_count() -> int:
    """How many they are; remembered. One query, and one where nothing is remembered."""
    return recall().get("public-count", public_products().count)


def newest_changes() -> dict[int, dt.datetime]:
    """When a product of each category changed last; remembered. Queries as above."""
    rows = public_products().order_by().values_list("category_id")
    return recall().get("newest-changes", lambda: dict(rows.annotate(at=Max("updated_at"))))


def all_products(
    *, q: str = "", category_id: int | None = None, is_active: bool | None = None
) -> ProductQuerySet:
    """Every product, inactive ones too, for managers, newest first.

    With `in_stock_anywhere` and `vat_rate`.
    """
    today = shop_date(clock.now())
    found = (
        Product.objects.with_stock_anywhere()
        .with_vat_rate(today)
        .select_related("brand", "category")
        .order_by("-id")
    )
    if text := q.strip():
        found = found.filter(part_of("name_he", text) | part_of("name_en", text) | coded(text))
    if category_id is not None:
        found = found.filter(category__in=_subtree(category_id))
    return found if is_active is None else found.filter(is_active=is_active)


def any_product(*, product_id: int) -> Product:
    """One product, active or not, for managers, as in `all_products`. Raises NotFound."""
    found = all_products().filter(pk=product_id).first()
    if found is None:
        raise NotFound
    return found


def all_categories() -> QuerySet[Category]:
    """Every category, inactive ones too, with `own_count`, in shelf order."""
    own = Product.objects.filter(category=OuterRef("pk"), is_active=True).order_by()
    count = Subquery(own.values(one=Value(1)).annotate(n=Count("*")).values("n"))
    return Category.objects.annotate(own_count=Coalesce(count, Value(0))).order_by("position", "id")


def for_sale_below(*, category_id: int) -> int:
    """How many products would vanish with this category. One query."""
    below = _subtree(category_id)
    return Product.objects.active().filter(category__in=below).count()


def any_category(*, category_id: int) -> Category:
    """One category, active or not, with `own_count`. Raises NotFound."""
    found = all_categories().filter(pk=category_id).first()
    if found is None:
        raise NotFound
    return found


def product_page(*, product_id: int, similar: int = 6) -> ProductPage:
    """A product, its stock at every branch, and cheaper ones like it. Raises NotFound.

    Three queries; one more when nothing like it is cheaper.
    """
    shown = product(product_id=product_id)
    cheaper = similar_cheaper(product=shown, limit=similar)
    return ProductPage(
        product=shown,
        branches=_branch_stocks(shown),
        similar=cheaper or _neighbours(shown, similar),
        similar_are_cheaper=bool(cheaper),
    )


def similar_cheaper(*, product: Product, limit: int) -> list[Product]:
    """The same kind of thing in stock for a lower unit price, the most alike first."""
    cheaper = _beside(product).filter(
        icon=product.icon, size_unit=product.size_unit, unit_price__lt=product.unit_price
    )
    return list(cheaper.order_by(_likeness(product).desc(), "-unit_price", "id")[:limit])


def suggestions(*, q: str, limit: int = 6, texts: bool = False) -> Suggestions:
    """Products and categories for a text that is still being typed, and with `texts` what others
    searched for. At most nine queries.
    """
    q = sought(q)
    understood = engine().understand(q, memory=recall(), typing=True)
    if understood is None:
        return Suggestions(products=[], categories=[], understood=None)
    return Suggestions(
        products=first_found(understood=understood, limit=limit),
        categories=list(
            Category.objects.open()
            .filter(Q(name_he__icontains=q) | Q(name_en__icontains=q))
            .order_by(F("parent").asc(nulls_first=True), "position")[:3]
        ),
        understood=understood,
        texts=engine().earlier(q, limit=EARLIER) if texts else [],
    )


def stocked_products(
    *, product_ids: Iterable[int], branch_id: int | None = None
) -> ProductQuerySet:
    """These, with `in_stock` at a branch, without one at any."""
    found = Product.objects.filter(pk__in=product_ids).order_by("pk")
    if branch_id is not None:
        return found.with_availability(branch_id)
    return found.with_stock_anywhere().annotate(in_stock=F("in_stock_anywhere"))


def _subtree(category_id: int) -> RawSQL:
    return RawSQL(SUBTREE, [category_id])  # noqa: S611 - constant text, the key is a parameter


def _beside(product: Product) -> ProductQuerySet:
    found = Product.objects.active().as_cards().filter(category_id=product.category_id)
    return found.filter(IN_STOCK).exclude(pk=product.pk)


def _neighbours(product: Product, limit: int) -> list[Product]:
    same_kind = Case(When(icon=product.icon, then=Value(1)), default=Value(0))
    return list(
        _beside(product).order_by(same_kind.desc(), _likeness(product).desc(), "id")[:limit]
    )


def _likeness(product: Product) -> TrigramSimilarity:
    return TrigramSimilarity("name_he", product.name_he)


def _branch_stocks(product: Product) -> list[BranchStock]:
    here = FilteredRelation("stocks", condition=Q(stocks__product_id=product.pk))
    free = F("here__on_hand") - F("here__reserved")
    branches = (
        Branch.objects.filter(is_active=True)
        .annotate(here=here)
        .annotate(available=Greatest(Coalesce(free, NOTHING), NOTHING, output_field=QUANTITY))
        .order_by("-is_delivery_source", "id")
    )
    return [
        BranchStock(
            branch=branch,
            available=branch.available,
            in_stock=branch.available >= product.quantity_step,
            is_low=branch.available <= 5 * product.quantity_step,
        )
        for branch in branches
    ]

"""What pages and endpoints ask about departments, shelves and products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery as TextQuery
from django.contrib.postgres.search import SearchRank, TrigramSimilarity
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    FloatField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import get_language

from accounts.models import User
from branches.models import Branch
from catalog.errors import InvalidSort
from catalog.facets import Facets, Filters, count_facets
from catalog.models import Category, Product, WishlistItem
from catalog.querysets import NOTHING, QUANTITY, ProductQuerySet
from catalog.search import SearchQuery, search_query
from catalog.tree import Node, Tree, category_tree
from mami import clock
from mami.clock import shop_date
from mami.errors import NotFound

__all__ = ["Node", "Tree", "category_tree"]

IN_STOCK = Q(in_stock=True)
SORTS = ("relevance", "name", "price", "-price", "unit_price", "newest")
WEIGHTS = [0.02, 0.5, 0.3, 1.0]  # description, category, brand, name
SUBTREE = """
WITH RECURSIVE below(id) AS (
    SELECT %s::bigint UNION SELECT c.id FROM catalog_category c JOIN below b ON c.parent_id = b.id
) SELECT id FROM below
"""


@dataclass(frozen=True, kw_only=True)
class ShelfPage:
    """A stretch of a shelf. Its products carry `available` and `in_stock`."""

    items: list[Product]
    total: int
    limit: int
    offset: int
    facets: Facets
    understood: SearchQuery | None = None
    loosened: bool = False


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
    is_saved: bool


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    products: list[Product]
    categories: list[Category]
    understood: SearchQuery | None


def shelf(
    *,
    category_id: int | None = None,
    q: str = "",
    brands: Iterable[str] = (),
    tags: Iterable[str] = (),
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
    in_stock: bool = False,
    on_sale: bool = False,
    branch_id: int | None = None,
    anywhere: bool = False,
    sort: str = "",
    limit: int = 48,
    offset: int = 0,
    clamp: bool = False,
) -> ShelfPage:
    """One page of the products that match, with the counts of every further filter.

    `q` of punctuation alone is no text filter. Stock is that of `branch_id`, without one that of
    the delivery source; with `anywhere`, without a branch `in_stock` means at any branch, and the
    products carry `in_stock_anywhere` and `vat_rate`. With `clamp`, past the end means the last
    page. Where no product has all words of `q`, those with some of them are `loosened` in. Two
    queries, with a text up to four, loosened up to six. Raises InvalidSort.
    """
    if sort not in SORTS and sort != "":
        raise InvalidSort
    understood = search_query(q)
    filters = Filters(
        brands=tuple(brands),
        tags=tuple(tags),
        min_price=min_price,
        max_price=max_price,
        in_stock=in_stock,
        on_sale=on_sale,
    )
    by_stock = in_stock or understood is not None or not anywhere
    matching = _matching(category_id, understood, branch_id, anywhere=anywhere, by_stock=by_stock)
    facets = count_facets(matching, filters)
    loosened = not facets.total and _may_loosen(understood) and not matching.exists()
    if loosened and understood:
        understood = replace(understood, tsquery=understood.any_word)
        matching = _matching(category_id, understood, branch_id, anywhere=anywhere)
        facets = count_facets(matching, filters)
    kept = matching.filter(*filters.conditions().values())
    if clamp and offset >= facets.total:
        offset = max(0, (facets.total - 1) // limit * limit)
    items = _ordered(kept, sort, understood)[offset : offset + limit] if facets.total else []
    return ShelfPage(
        items=list(items),
        total=facets.total,
        limit=limit,
        offset=offset,
        facets=facets,
        understood=understood,
        loosened=loosened and facets.total > 0,
    )


def subtree_products(
    *, category_id: int, branch_id: int | None = None, sort: str = ""
) -> ProductQuerySet:
    """The products of a category and all below it, as `described_product`, to be sliced.

    Raises InvalidSort.
    """
    if sort not in SORTS and sort != "":
        raise InvalidSort
    found = _matching(category_id, None, branch_id, anywhere=True, by_stock=False)
    return _ordered(found, sort, None)


def cards(*, product_ids: Iterable[int], branch_id: int | None = None) -> list[Product]:
    """Active products ready for cards, in the order of the ids. One query."""
    return Product.objects.active().as_cards(branch_id).in_given_order(product_ids)


def offers(*, limit: int, branch_id: int | None = None) -> list[Product]:
    """The largest savings in stock, one of each category as far as that goes. One query.

    Each carries `offers_in_all`, the number the page of all offers shows, sold out ones too.
    """
    saving = (F("old_price") - F("price")) / F("old_price")
    offered = Product.objects.active().on_sale()
    in_all = offered.order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
    found = offered.as_cards(branch_id).filter(IN_STOCK).annotate(offers_in_all=Subquery(in_all))
    best: list[Any] = list(found.order_by(saving.desc(), "id")[: limit * 6])
    first = list({product.category_id: product for product in reversed(best)}.values())
    first.sort(key=best.index)
    return (first + [product for product in best if product not in first])[:limit]


def featured(*, limit: int, branch_id: int | None = None) -> list[Product]:
    """Newest products, those on offer first, as `described_product`. One query."""
    found = _described(branch_id).active().select_related("brand", "category")
    return list(found.order_by(F("old_price").asc(nulls_last=True), "-created_at", "-id")[:limit])


def product(*, product_id: int, branch_id: int | None = None) -> Product:
    """One product a shopper may see. Raises NotFound. One query."""
    found = (
        Product.objects.active()
        .select_related("brand", "category__parent")
        .defer("search_vector")
        .with_availability(branch_id)
        .filter(pk=product_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def described_product(*, product_id: int, branch_id: int | None = None) -> Product:
    """`product` with `in_stock_anywhere` and `vat_rate`. Raises NotFound. One query."""
    found = (
        _described(branch_id).active().select_related("brand", "category").filter(pk=product_id)
    ).first()
    if found is None:
        raise NotFound
    return found


def all_products(
    *, q: str = "", category_id: int | None = None, is_active: bool | None = None
) -> ProductQuerySet:
    """Every product, inactive ones too, for managers, newest first, as `described_product`."""
    found = _described(None).select_related("brand", "category").order_by("-id")
    if text := q.strip():
        found = found.filter(
            Q(name_he__icontains=text)
            | Q(name_en__icontains=text)
            | Q(sku__iexact=text)
            | Q(barcode=text)
        )
    if category_id is not None:
        found = found.filter(category__in=_subtree(category_id))
    return found if is_active is None else found.filter(is_active=is_active)


def any_product(*, product_id: int) -> Product:
    """One product, active or not, for managers, as `described_product`. Raises NotFound."""
    found = all_products().filter(pk=product_id).first()
    if found is None:
        raise NotFound
    return found


def all_categories() -> QuerySet[Category]:
    """Every category, inactive ones too, with `own_count`, in shelf order."""
    active = Count("products", filter=Q(products__is_active=True))
    return Category.objects.annotate(own_count=active).order_by("position", "id")


def wishes_of(*, actor: User) -> list[WishlistItem]:
    """What the actor wants to find again, newest first. One query."""
    return list(WishlistItem.objects.filter(user_id=actor.pk))


def category(*, category_id: int) -> Category:
    """One category a shopper may see. Raises NotFound."""
    found = Category.objects.active().filter(pk=category_id).first()
    if found is None:
        raise NotFound
    return found


def any_category(*, category_id: int) -> Category:
    """One category, active or not, with `own_count`. Raises NotFound."""
    found = all_categories().filter(pk=category_id).first()
    if found is None:
        raise NotFound
    return found


def _described(branch_id: int | None) -> ProductQuerySet:
    found = Product.objects.defer("search_vector").with_stock_anywhere()
    if branch_id is not None:
        found = found.with_availability(branch_id)
    return found.with_vat_rate(shop_date(clock.now()))


def product_page(*, product_id: int, actor: User | None = None, similar: int = 6) -> ProductPage:
    """A product, its stock at every branch, and cheaper ones like it. Raises NotFound.

    Three queries; one more when nothing like it is cheaper, and one for `actor`'s wishes.
    """
    shown = product(product_id=product_id)
    cheaper = similar_cheaper(product=shown, limit=similar)
    return ProductPage(
        product=shown,
        branches=_branch_stocks(shown),
        similar=cheaper or _neighbours(shown, similar),
        similar_are_cheaper=bool(cheaper),
        is_saved=actor is not None
        and WishlistItem.objects.filter(user=actor, product=shown).exists(),
    )


def saved_products(*, actor: User, limit: int = 200) -> list[Product]:
    """What `actor` saved for later and is still sold, the newest wish first. Two queries."""
    wishes = WishlistItem.objects.filter(user=actor)[:limit]
    return cards(product_ids=wishes.values_list("product_id", flat=True))


def similar_cheaper(*, product: Product, limit: int) -> list[Product]:
    """The same kind of thing in stock for a lower unit price, the most alike first."""
    cheaper = _beside(product).filter(
        icon=product.icon, size_unit=product.size_unit, unit_price__lt=product.unit_price
    )
    return list(cheaper.order_by(_likeness(product).desc(), "-unit_price", "id")[:limit])


def suggestions(*, q: str, limit: int = 6) -> Suggestions:
    """Products and categories for a text that is still being typed. At most four queries."""
    understood = search_query(q, typing=True)
    if understood is None:
        return Suggestions(products=[], categories=[], understood=None)
    found = _matching(None, understood, None, anywhere=False)
    return Suggestions(
        products=list(_ordered(found, "relevance", understood)[:limit]),
        categories=list(
            Category.objects.active()
            .filter(Q(name_he__icontains=q.strip()) | Q(name_en__icontains=q.strip()))
            .order_by(F("parent").asc(nulls_first=True), "position")[:3]
        ),
        understood=understood,
    )


def _matching(
    category_id: int | None,
    understood: SearchQuery | None,
    branch_id: int | None,
    *,
    anywhere: bool,
    by_stock: bool = True,
) -> ProductQuerySet:
    if anywhere and branch_id is None:
        found = Product.objects.active().select_related("brand", "category")
    else:
        found = Product.objects.active().as_cards(branch_id)
    if anywhere:
        found = found.defer(None).defer("search_vector").with_stock_anywhere()
        found = found.with_vat_rate(shop_date(clock.now()))
        if not by_stock:  # neither asked for nor sorted by: no look at the shelves of every match
            found = found.annotate(in_stock=Value(True))
        elif branch_id is None:
            found = found.annotate(in_stock=F("in_stock_anywhere"))
    if category_id is not None:
        found = found.filter(category__in=_subtree(category_id))
    if understood is not None:
        found = found.filter(search_vector=_raw(understood.tsquery))
    return found


def _may_loosen(understood: SearchQuery | None) -> bool:
    return understood is not None and len(understood.words) > 1


def _ordered(found: ProductQuerySet, sort: str, understood: SearchQuery | None) -> ProductQuerySet:
    if sort in {"", "relevance"}:
        return _by_relevance(found, understood)
    if sort == "name":
        return found.order_by("name_en" if get_language() == "en" else "name_he", "id")
    order = {
        "price": ("price", "id"),
        "-price": ("-price", "id"),
        "unit_price": ("unit_price", "id"),
        "newest": ("-created_at", "-id"),
    }[sort]
    return found.order_by(*order)


def _by_relevance(found: ProductQuerySet, understood: SearchQuery | None) -> ProductQuerySet:
    """What fits best first; sold out last, because it cannot be bought now."""
    if understood is None:
        return found.order_by(F("in_stock").desc(), "category__position", "category_id", "id")
    begins = Q(name_he__istartswith=understood.text) | Q(name_en__istartswith=understood.text)
    rank = (
        SearchRank(F("search_vector"), _raw(understood.own), weights=WEIGHTS)
        + SearchRank(F("search_vector"), _raw(understood.exact), weights=WEIGHTS)
        + SearchRank(F("search_vector"), _raw(understood.tsquery), weights=WEIGHTS)
        + Case(When(begins, then=Value(0.1)), default=Value(0.0), output_field=FloatField())
    )
    return found.order_by(F("in_stock").desc(), rank.desc(), "id")


def _subtree(category_id: int) -> RawSQL:
    return RawSQL(SUBTREE, [category_id])  # noqa: S611 - constant text, the key is a parameter


def _raw(tsquery: str) -> TextQuery:
    return TextQuery(tsquery, config="simple", search_type="raw")


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

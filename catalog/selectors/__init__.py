"""What pages and endpoints ask about departments, shelves and products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from branches.models import Branch
from catalog.described import Described, described, described_in_order
from catalog.models import Category, Product, WishlistItem
from catalog.querysets import NOTHING, QUANTITY, ProductQuerySet
from catalog.search import SearchQuery, search_query
from catalog.selectors.shelves import (
    SORTS,
    SUBTREE,
    ShelfPage,
    first_found,
    listing,
    shelf,
    subtree,
)
from catalog.tree import Node, Tree, category_tree
from mami import clock
from mami.clock import shop_date
from mami.errors import NotFound

__all__ = ["SORTS", "Node", "ShelfPage", "Tree", "category_tree", "listing", "shelf", "subtree"]

IN_STOCK = Q(in_stock=True)


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
        .defer("search_vector")
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


def all_products(
    *, q: str = "", category_id: int | None = None, is_active: bool | None = None
) -> ProductQuerySet:
    """Every product, inactive ones too, for managers, newest first.

    With `in_stock_anywhere` and `vat_rate`.
    """
    today = shop_date(clock.now())
    found = (
        Product.objects.defer("search_vector")
        .with_stock_anywhere()
        .with_vat_rate(today)
        .select_related("brand", "category")
        .order_by("-id")
    )
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
    """One product, active or not, for managers, as in `all_products`. Raises NotFound."""
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


def any_category(*, category_id: int) -> Category:
    """One category, active or not, with `own_count`. Raises NotFound."""
    found = all_categories().filter(pk=category_id).first()
    if found is None:
        raise NotFound
    return found


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
    """Products and categories for a text that is still being typed. At most eight queries."""
    understood = search_query(q, typing=True)
    if understood is None:
        return Suggestions(products=[], categories=[], understood=None)
    return Suggestions(
        products=first_found(understood=understood, limit=limit),
        categories=list(
            Category.objects.active()
            .filter(Q(name_he__icontains=q.strip()) | Q(name_en__icontains=q.strip()))
            .order_by(F("parent").asc(nulls_first=True), "position")[:3]
        ),
        understood=understood,
    )


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

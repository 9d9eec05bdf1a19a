"""Shelves: which products stand on one, in which order, and what further filters would leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from django.contrib.postgres.search import SearchQuery as TextQuery
from django.contrib.postgres.search import SearchRank
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.utils.translation import get_language

from catalog.described import Described, described_in_order
from catalog.errors import InvalidSort
from catalog.facets import Facets, Filters, count_facets
from catalog.memory import Memory, recall
from catalog.models import Product
from catalog.querysets import ProductQuerySet
from catalog.search import SearchQuery, search_query
from catalog.tree import category_tree
from mami.errors import NotFound
from mami.keyset import after, cursor_at, read_cursor

SORTS = ("relevance", "name", "price", "-price", "unit_price", "newest")
WEIGHTS = [0.02, 0.5, 0.3, 1.0]  # description, category, brand, name
SUBTREE = """
WITH RECURSIVE below(id) AS (
    SELECT %s::bigint UNION SELECT c.id FROM catalog_category c JOIN below b ON c.parent_id = b.id
) SELECT id FROM below
"""
FIRST = 240  # so far the order of a shelf is remembered
SPARE = 24  # products looked at beyond a page, so that those sold out may go to the end
STOCK_SECONDS = 15.0  # so old may a count be that depends on stock
Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class ShelfPage(Generic[Item]):
    """A stretch of a shelf: cards with `available` and `in_stock`, or rows for the JSON API."""

    items: list[Item]
    total: int
    limit: int
    offset: int
    facets: Facets = field(default_factory=Facets)
    understood: SearchQuery | None = None
    loosened: bool = False
    has_next: bool | None = None
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Which products are asked for, and in which order.

    Stock is that of `branch_id`, without one that of the delivery source; with `anywhere`, without
    a branch, that of any branch. `sold_out_last` puts what is not in stock behind the rest.
    """

    category_id: int | None = None
    understood: SearchQuery | None = None
    filters: Filters = field(default_factory=Filters)
    branch_id: int | None = None
    anywhere: bool = False
    sort: str = ""
    language: str = field(default_factory=lambda: get_language() or "")

    @property
    def by_relevance(self) -> bool:
        return self.sort in {"", "relevance"}

    @property
    def sold_out_last(self) -> bool:
        return self.by_relevance and (self.understood is not None or not self.anywhere)

    def matching(self, *, stock: bool) -> ProductQuerySet:
        """The products of the place and the text. Without `stock` they count as in stock."""
        found = Product.objects.active()
        if not stock:
            found = found.annotate(in_stock=Value(True))
        elif self.anywhere and self.branch_id is None:
            found = found.with_stock_anywhere().annotate(in_stock=F("in_stock_anywhere"))
        else:
            found = found.with_availability(self.branch_id)
        if self.category_id is not None:
            below = RawSQL(SUBTREE, [self.category_id])  # noqa: S611 - constant text
            found = found.filter(category__in=below)
        if self.understood is not None:
            found = found.filter(search_vector=_raw(self.understood.tsquery))
        return found

    def ordered(self, *, stock: bool) -> ProductQuerySet:
        """The products that pass the filters, in order."""
        conditions = self.filters.conditions()
        if "stock" in conditions and self._walked:
            del conditions["stock"]
            kept = self.matching(stock=False).in_stock()
        else:
            kept = self.matching(stock=stock)
        kept = kept.filter(*conditions.values())
        first = ["-in_stock"] if stock and self.sold_out_last else []
        return kept.order_by(*first, *(self.keys or _relevance(self.understood)))

    @property
    def _walked(self) -> bool:
        """Read along an index until a page is full, so that stock is best asked of each product on
        the way; what a text finds is looked at as a whole.
        """
        return self.understood is None and self.anywhere and self.branch_id is None

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that sort the shelf, none where it stands as its text is fit."""
        if not self.by_relevance:
            name = "name_en" if self.language == "en" else "name_he"
            order = {"name": name, "newest": "-created_at"}.get(self.sort, self.sort)
            return order, "-id" if self.sort == "newest" else "id"
        return () if self.understood else ("category__position", "category_id", "id")


def shelf(
    *,
    category_id: int | None = None,
    q: str = "",
    branch_id: int | None = None,
    sort: str = "",
    limit: int = 48,
    offset: int = 0,
    clamp: bool = False,
    **filters: Any,
) -> ShelfPage[Product]:
    """One page of the products that match, as cards, with the counts of every further filter.

    `filters` are those of `Filters`. `q` of punctuation alone is no text filter. With `clamp`, past
    the end means the last page. Where no product has all words of `q`, those with some of them are
    `loosened` in. At most four queries for what has been asked since the catalogue changed. Raises
    InvalidSort.
    """
    asked = Shelf(
        category_id=category_id, branch_id=branch_id, sort=_known(sort), filters=Filters.of(filters)
    )
    memory = recall()
    asked, facets, loosened = _counted(memory, asked, q)
    if clamp and offset >= facets.total:
        offset = max(0, (facets.total - 1) // limit * limit)
    some = facets.total > 0 or asked.filters.in_stock  # that total may be a moment old
    page = _page(memory, asked, limit=limit, offset=offset) if some else []
    return ShelfPage(
        items=_cards(page, branch_id),
        total=facets.total,
        limit=limit,
        offset=offset,
        facets=facets,
        understood=asked.understood,
        loosened=loosened,
    )


def listing(
    *,
    category_id: int | None = None,
    q: str = "",
    branch_id: int | None = None,
    sort: str = "",
    limit: int,
    offset: int,
    cursor: str | None = None,
    **filters: Any,
) -> ShelfPage[Described]:
    """`shelf` for the JSON API. Without a branch, in stock means at any branch.

    After a `cursor` instead of `offset` where the order is one of columns, not of relevance to a
    text. At most three queries for what has been asked since the catalogue changed. Raises
    InvalidSort, InvalidInput for a cursor of another order.
    """
    asked = Shelf(
        category_id=category_id, branch_id=branch_id, sort=_known(sort), anywhere=True,
        filters=Filters.of(filters),
    )  # fmt: skip
    memory = recall()
    asked, facets, loosened = _counted(memory, asked, q)
    found = _stretch(memory, asked, facets.total, limit=limit, offset=offset, cursor=cursor)
    return replace(found, facets=facets, understood=asked.understood, loosened=loosened)


def subtree(
    *, category_id: int, branch_id: int | None = None, sort: str = "", limit: int, offset: int,
    cursor: str | None = None,
) -> ShelfPage[Described]:  # fmt: skip
    """The products of a category and all below it, for the JSON API. Two or three queries.

    Raises NotFound, InvalidSort, InvalidInput for a cursor of another order.
    """
    memory = recall()
    node = category_tree(memory).nodes.get(category_id)
    if node is None:
        raise NotFound
    asked = Shelf(category_id=category_id, branch_id=branch_id, sort=_known(sort), anywhere=True)
    return _stretch(memory, asked, node.count, limit=limit, offset=offset, cursor=cursor)


def first_found(*, understood: SearchQuery, limit: int) -> list[Product]:
    """What fits a text best, as cards. Three queries, five where nobody has asked before."""
    return _cards(_page(recall(), Shelf(understood=understood), limit=limit, offset=0), None)


def _known(sort: str) -> str:
    if sort not in SORTS and sort != "":
        raise InvalidSort
    return sort


def _counted(memory: Memory, asked: Shelf, q: str) -> tuple[Shelf, Facets, bool]:
    """The shelf with its text understood, its counts, and whether its text had to be loosened."""
    understood = memory.get(("words", q), lambda: search_query(q))
    asked = replace(asked, understood=understood)
    facets = _facets(memory, asked)
    if facets.total or understood is None or len(understood.words) < 2:
        return asked, facets, False
    place = ("any", asked.category_id, understood.tsquery)
    if memory.get(place, asked.matching(stock=False).exists):
        return asked, facets, False  # the filters leave nothing, not the words
    asked = replace(asked, understood=replace(understood, tsquery=understood.any_word))
    facets = _facets(memory, asked)
    return asked, facets, facets.total > 0


def _facets(memory: Memory, asked: Shelf) -> Facets:
    stock = asked.filters.in_stock or not asked.anywhere  # else only pages count what is in stock
    return memory.get(
        ("facets", replace(asked, sort="")),
        lambda: count_facets(asked.matching(stock=stock), asked.filters),
        seconds=STOCK_SECONDS,
    )


def _page(
    memory: Memory, asked: Shelf, *, limit: int, offset: int
) -> Sequence[int] | ProductQuerySet:
    """A page: the keys where the order is remembered, else what finds it. At most two queries."""
    end = offset + limit
    if memory and end <= FIRST and not asked.filters.in_stock:
        first = memory.get(("order", asked), lambda: _first(asked))
        found = _in_stock_first(asked, first, end) if asked.sold_out_last else first
        if found is not None:
            return found[offset:end]
    stock = asked.sold_out_last or asked.filters.in_stock or not asked.anywhere
    return asked.ordered(stock=stock)[offset:end]


def _stretch(
    memory: Memory, asked: Shelf, total: int, *, limit: int, offset: int, cursor: str | None
) -> ShelfPage[Described]:
    """A page for the JSON API, behind a cursor or by offset. Raises InvalidInput."""
    position = read_cursor(cursor, asked.keys)
    if position is not None or asked.filters.in_stock:  # what is in stock is counted anew
        rows = asked.ordered(stock=asked.filters.in_stock)
        if position is not None:
            rows, offset = after(rows, keys=asked.keys, position=position), 0
        found = described_in_order(rows[offset : offset + limit + 1], branch_id=asked.branch_id)
        items, has_next = found[:limit], len(found) > limit
    else:
        page = _page(memory, asked, limit=limit, offset=offset) if offset < total else []
        items = described_in_order(page, branch_id=asked.branch_id)
        has_next = offset + len(items) < total
    return ShelfPage(
        items=items,
        total=total,
        limit=limit,
        offset=offset,
        has_next=has_next,
        next_cursor=_cursor(asked.keys, items[-1]) if has_next and items else None,
    )


def _cursor(keys: tuple[str, ...], last: Described) -> str | None:
    """The cursor behind a product, None where the order is none of columns."""
    value = last._asdict() | {
        "id": last.pk, "category__position": last.category_position,
        "name_he": last.name, "name_en": last.name,
    }  # fmt: skip
    return cursor_at(keys, [value[key.lstrip("-")] for key in keys]) if keys else None


def _first(asked: Shelf) -> list[int]:
    """The keys of the beginning of a shelf, as if everything were in stock."""
    return list(asked.ordered(stock=False).values_list("pk", flat=True)[:FIRST])


def _cards(page: Sequence[int] | ProductQuerySet, branch_id: int | None) -> list[Product]:
    if isinstance(page, QuerySet):
        return list(page.with_labels())
    return Product.objects.active().as_cards(branch_id).in_given_order(page) if page else []


def _in_stock_first(asked: Shelf, first: list[int], end: int) -> list[int] | None:
    """`first` with what is sold out behind the rest, None where that needs a look at all.

    The first that are in stock are the first of the whole shelf as well, whatever follows.
    """
    looked_at = first[: end + SPARE]
    products = Product.objects.filter(pk__in=looked_at)
    if asked.anywhere and asked.branch_id is None:
        products = products.with_stock_anywhere().filter(Q(in_stock_anywhere=True))
    else:
        products = products.with_availability(asked.branch_id).filter(Q(in_stock=True))
    there = set(products.values_list("pk", flat=True))
    if len(there) < end and not (len(looked_at) == len(first) < FIRST):
        return None
    return sorted(looked_at, key=lambda pk: pk not in there)


def _relevance(understood: SearchQuery | None) -> list[Any]:
    """What fits best first."""
    assert understood is not None  # noqa: S101 - without a text the shelf has keys
    begins = Q(name_he__istartswith=understood.text) | Q(name_en__istartswith=understood.text)
    rank = (
        SearchRank(F("search_vector"), _raw(understood.own), weights=WEIGHTS)
        + SearchRank(F("search_vector"), _raw(understood.exact), weights=WEIGHTS)
        + SearchRank(F("search_vector"), _raw(understood.tsquery), weights=WEIGHTS)
        + Case(When(begins, then=Value(0.1)), default=Value(0.0), output_field=FloatField())
    )
    return [rank.desc(), "id"]


def _raw(tsquery: str) -> TextQuery:
    return TextQuery(tsquery, config="simple", search_type="raw")

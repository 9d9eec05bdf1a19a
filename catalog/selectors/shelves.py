"""Shelves: which products stand on one, in which order, and what further filters would leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalog.errors import InvalidSort
from catalog.facets import Facets, Filters
from catalog.models import Product
from catalog.process_cache import Memory, recall
from catalog.product_rows import Described, described_in_order
from catalog.querysets import ProductQuerySet
from catalog.search_port import POSTGRESQL, SearchQuery, SearchStatus, engine
from catalog.selectors.question import ShelfQuestion
from catalog.tree import category_tree, department_facets
from core import metrics
from core.errors import InvalidInput, NotFound
from core.keyset import after, cursor_at, read_cursor

SORTS = ("relevance", "name", "price", "-price", "unit_price", "newest")
FIRST = 240  # so far the order of a shelf is remembered
DEEPEST = 10_000  # so far what a text finds is walked, by any engine
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
    has_next: bool | None = None
    next_cursor: str | None = None
    engine: str = POSTGRESQL
    degraded: bool = False


def shelf(
    *,
    category_id: int | None = None,
    q: str = "",
    branch_id: int | None = None,
    sort: str = "",
    limit: int = 48,
    offset: int = 0,
    clamp: bool = False,
    as_typed: bool = False,
    offers: bool = False,
    departments: bool = False,
    **filters: Any,
) -> ShelfPage[Product]:
    """One page of the products that match, as cards, with the counts of every further filter, of
    `departments` too where these are to choose from.

    `filters` are those of `Filters`. `q` of punctuation alone is no text filter. With `clamp`, past
    the end means the last page. `as_typed` takes `q` at its word: nothing is corrected, replaced or
    left out. At most four queries for what has been asked since the catalogue changed. Raises
    InvalidSort.
    """
    asked = ShelfQuestion(
        category_id=category_id, branch_id=branch_id, sort=_known(sort), offers=offers,
        filters=Filters.of(filters),
    )  # fmt: skip
    memory = recall()
    asked = _understood(memory, asked, q, as_typed=as_typed)
    if clamp and asked.understood is not None:
        offset = min(offset, DEEPEST // limit * limit)
    if (found := _found(memory, asked, limit=limit, offset=offset, clamp=clamp)) is not None:
        facets = _with_departments(memory, asked, found.facets) if departments else found.facets
        return replace(found, items=_cards(asked, found.items), facets=facets)
    with metrics.search_clock(POSTGRESQL, counts=asked.understood is not None):
        facets = _facets(memory, asked)
        if clamp:
            offset = _clamped(offset, limit=limit, total=facets.total)
        some = facets.total > 0 or asked.filters.in_stock  # that total may be a moment old
        page = _page(memory, asked, limit=limit, offset=offset) if some else []
        items = _cards(asked, page)
    return ShelfPage(
        items=items,
        total=facets.total,
        limit=limit,
        offset=offset,
        facets=_with_departments(memory, asked, facets) if departments else facets,
        understood=_told(memory, asked, facets.total),
        degraded=_is_degraded(asked),
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
    as_typed: bool = False,
    **filters: Any,
) -> ShelfPage[Described]:
    """`shelf` for the JSON API. Without a branch, in stock means at any branch.

    After a `cursor` instead of `offset` where the order is one of columns, not of relevance to a
    text. At most three queries for what has been asked since the catalogue changed. Raises
    InvalidSort, InvalidInput for a cursor of another order and behind DEEPEST of a text.
    """
    asked = ShelfQuestion(
        category_id=category_id, branch_id=branch_id, sort=_known(sort), anywhere=True,
        filters=Filters.of(filters),
    )  # fmt: skip
    memory = recall()
    asked = _understood(memory, asked, q, as_typed=as_typed)
    if asked.understood is not None and not cursor and offset > DEEPEST:
        raise InvalidInput(fields={"offset": [_("What a text finds is listed up to here.")]})
    found = None if cursor else _found(memory, asked, limit=limit, offset=offset)
    if found is not None:
        items = described_in_order(found.items, branch_id=branch_id)
        has_next = offset + len(found.items) < found.total
        after_it = _cursor(asked.keys, items[-1]) if has_next and items else None
        facets = _with_departments(memory, asked, found.facets)
        return replace(found, items=items, has_next=has_next, next_cursor=after_it, facets=facets)
    with metrics.search_clock(POSTGRESQL, counts=asked.understood is not None):
        facets = _facets(memory, asked)
        page = _stretch(memory, asked, facets.total, limit=limit, offset=offset, cursor=cursor)
    return replace(
        page,
        facets=_with_departments(memory, asked, facets),
        understood=_told(memory, asked, facets.total),
        degraded=cursor is None and _is_degraded(asked),
    )


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
    asked = ShelfQuestion(
        category_id=category_id, branch_id=branch_id, sort=_known(sort), anywhere=True,
        hides_chametz=memory.hides_chametz,
    )  # fmt: skip
    return _stretch(memory, asked, node.count, limit=limit, offset=offset, cursor=cursor)


def first_found(*, understood: SearchQuery, limit: int) -> list[Product]:
    """What fits a text best, as cards. Three queries, five where nobody has asked before."""
    memory = recall()
    asked = ShelfQuestion(understood=understood, hides_chametz=memory.hides_chametz)
    found = engine().suggest(asked, memory=memory, limit=limit)
    return _cards(asked, found.ids)


def _known(sort: str) -> str:
    if sort not in SORTS and sort != "":
        raise InvalidSort
    return sort


def _understood(memory: Memory, asked: ShelfQuestion, q: str, *, as_typed: bool) -> ShelfQuestion:
    """The shelf with its text understood."""
    understood = memory.get(
        ("words", q, as_typed),
        lambda: engine().understand(q, memory=memory, as_typed=as_typed),
    )
    return replace(asked, understood=understood, hides_chametz=memory.hides_chametz)


def _found(
    memory: Memory, asked: ShelfQuestion, *, limit: int, offset: int, clamp: bool = False
) -> ShelfPage[Any] | None:
    """The keys of a page of a text, None where a column sorts it."""
    if asked.understood is None:
        return None
    found = engine().search(asked, memory=memory, limit=limit, offset=offset)
    if (
        found is not None
        and clamp
        and (last := _clamped(offset, limit=limit, total=found.total)) != offset
    ):
        offset, found = last, engine().search(asked, memory=memory, limit=limit, offset=last)
    if found is None:
        return None
    return ShelfPage(
        items=list(found.ids), total=found.total, limit=limit, offset=offset, facets=found.facets,
        understood=_told(memory, asked, found.total), engine=found.engine, degraded=found.degraded,
    )  # fmt: skip


def _told(memory: Memory, asked: ShelfQuestion, total: int) -> SearchQuery | None:
    """What became of the text. Labels may know a word that nothing on sale has any more; that only a
    filter leaves nothing is not told of the text.
    """
    query = asked.understood
    if query is None or total or query.is_empty or query.status == SearchStatus.GUIDE:
        return query
    if asked.category_id is not None or asked.filters != Filters():
        wide = replace(asked, category_id=None, filters=Filters(), sort="")
        found = engine().search(wide, memory=memory, limit=1, offset=0)
        if found is not None and found.total:
            return query
    return replace(query, status=SearchStatus.NOTHING, shown_for="", left_out=())


def _with_departments(memory: Memory, asked: ShelfQuestion, facets: Facets) -> Facets:
    """The counts with those of departments, as if none were chosen. One statement more where one is
    and nobody has asked without it.
    """
    counted = facets.categories
    if asked.category_id is not None:
        wide = replace(asked, category_id=None)
        found = _found(memory, wide, limit=1, offset=0)
        counted = (_facets(memory, wide) if found is None else found.facets).categories
    return replace(facets, departments=department_facets(counted, category_tree(memory)))


def _is_degraded(asked: ShelfQuestion) -> bool:
    """Whether PostgreSQL answered a text in place of the cluster."""
    return asked.understood is not None and engine().is_beside and not asked.hides_chametz


def _clamped(offset: int, *, limit: int, total: int) -> int:
    """The beginning of the last page where `offset` is past the end."""
    return offset if offset < total else max(0, (total - 1) // limit * limit)


def _facets(memory: Memory, asked: ShelfQuestion) -> Facets:
    if asked.understood is not None:
        return engine().counts(asked, memory=memory)
    wide = replace(asked, sort="")
    return memory.get(
        ("facets", wide), lambda: engine().counts(wide, memory=memory), seconds=STOCK_SECONDS
    )


def _page(
    memory: Memory, asked: ShelfQuestion, *, limit: int, offset: int
) -> Sequence[int] | ProductQuerySet:
    """A page: the keys where the order is remembered, else what finds it. At most two queries."""
    end = offset + limit
    if memory and end <= FIRST and not asked.filters.in_stock and not asked.by_text:
        first = memory.get(("order", asked), lambda: _first(asked))
        found = _in_stock_first(asked, first, end) if asked.sold_out_last else first
        if found is not None:
            return found[offset:end]
    stock = asked.by_text or asked.sold_out_last or asked.filters.in_stock or not asked.anywhere
    page = asked.ordered(stock=stock)[offset:end]
    return page if asked.by_text else _deep(memory, asked, page, offset)


def _deep(
    memory: Memory, asked: ShelfQuestion, page: ProductQuerySet, offset: int
) -> Sequence[int] | ProductQuerySet:
    """A page far down by its keys: they alone are sorted, not the long rows, and which they are is
    remembered as long as counts are; what was in stock a moment ago, as it is counted, counts as such.
    Nearer the top, what finds it; of what is in stock the keys as well, looked for now.
    """
    keys = page.values_list("pk", flat=True)
    of_stock = asked.filters.in_stock and asked.understood is None
    if offset < FIRST:
        return list(keys) if of_stock else page
    end = page.query.high_mark or offset

    def found() -> list[int]:
        if of_stock or asked.sold_out_last:
            return engine().far_down(asked, limit=end - offset, offset=offset)
        return list(keys)

    return memory.get(("page", asked, offset, end), found, seconds=STOCK_SECONDS)


def _stretch(
    memory: Memory, asked: ShelfQuestion, total: int, *, limit: int, offset: int, cursor: str | None
) -> ShelfPage[Described]:
    """A page for the JSON API, behind a cursor or by offset. Raises InvalidInput."""
    position = read_cursor(cursor, asked.keys)
    if position is not None or asked.filters.in_stock:  # what is in stock is counted anew
        rows = asked.ordered(stock=asked.filters.in_stock)
        if position is not None:
            rows, offset = after(rows, keys=asked.keys, position=position), 0
        some = _deep(memory, asked, rows[offset : offset + limit + 1], offset)
        found = described_in_order(some, branch_id=asked.branch_id)
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
        "key_he": last.name_key, "key_en": last.name_key,
    }  # fmt: skip
    return cursor_at(keys, [value[key.lstrip("-")] for key in keys]) if keys else None


def _first(asked: ShelfQuestion) -> list[int]:
    """The keys of the beginning of a shelf, as if everything were in stock."""
    return list(asked.ordered(stock=False).values_list("pk", flat=True)[:FIRST])


def _cards(asked: ShelfQuestion, page: Sequence[int] | ProductQuerySet) -> list[Product]:
    branch_id = asked.branch_id
    if isinstance(page, QuerySet) and asked.understood is not None:
        return asked.cards(page)
    if isinstance(page, QuerySet):
        return list(page.with_labels())
    return Product.objects.active().as_cards(branch_id).in_given_order(page) if page else []


def _in_stock_first(asked: ShelfQuestion, first: list[int], end: int) -> list[int] | None:
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

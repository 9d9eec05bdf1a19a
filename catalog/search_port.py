"""How shelves ask for a text, and how the catalogue tells of its changes.

The engine stands above the catalogue (the app `search`) and puts itself in here at start. A text is
understood once; names, prices and stock are always read from the products themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.facets import Facets
from catalog.process_cache import Memory
from catalog.querysets import ProductQuerySet

if TYPE_CHECKING:
    from catalog.models import Product
    from catalog.selectors.question import ShelfQuestion


POSTGRESQL = "postgresql"
OPENSEARCH = "opensearch"


class SearchStatus(models.TextChoices):
    """What became of a text; the first that is true counts."""

    NOT_SOLD = "NOT_SOLD", _("not sold here")
    NOTHING = "NOTHING", _("nothing found")
    GUIDE = "GUIDE", _("shelves that fit")
    INSTEAD = "INSTEAD", _("something like it")
    CORRECTED = "CORRECTED", _("corrected")
    LOOSENED = "LOOSENED", _("some words left out")
    FOUND = "FOUND", _("found")


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One way to say a part of a text: for each of its words the forms that a label may carry, and
    which of these make a label be about it. `beginnings` may be just the start of a word.
    """

    words: tuple[tuple[str, ...], ...]
    heads: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    described: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """What a text was understood as. An engine reads this alone, never the text.

    `parts` must all be there, each in one of its alternatives. `sizes` are (amount, unit) as typed;
    `wanted` and `preferred` are keys of quantities: those a product must have, and those that come
    first. `asked_categories` are named by the text, those of `whole_places` by all of it, so that
    they are found as a whole; `named` are words of diets that nothing else was asked beside: whose name
    says so comes first; `majority` is the one its head mostly stands in; of `heads` the label must be about one.
    """

    text: str
    status: SearchStatus = SearchStatus.FOUND
    shown_for: str = ""
    left_out: tuple[str, ...] = ()
    sizes: tuple[tuple[Decimal, str], ...] = ()
    percents: tuple[Decimal, ...] = ()
    tags: tuple[str, ...] = ()
    allergen_free: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()
    barcode: str = ""
    weight_kg: Decimal | None = None
    product_id: int | None = None
    parts: tuple[tuple[Alternative, ...], ...] = ()
    wanted: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    named: Alternative | None = None
    asked_categories: tuple[int, ...] = ()
    whole_places: tuple[int, ...] = ()
    majority: int | None = None
    heads: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing is found, whatever stands on the shelves."""
        return self.status in {SearchStatus.NOT_SOLD, SearchStatus.NOTHING}


@dataclass(frozen=True, kw_only=True)
class SearchPage:
    """A page that an engine found: keys in order, and counts; nothing that is shown or sold. Names,
    prices and stock are read from the products themselves. `degraded` where PostgreSQL stood in.
    """

    ids: tuple[int, ...]
    total: int
    facets: Facets
    engine: str = POSTGRESQL
    degraded: bool = False


class SearchEngine(Protocol):
    """What the shelves ask of an engine. What keeps an index beside PostgreSQL in step (`apply`, `forget`,
    `create_generation`, `promote`, `health`) nobody here calls: it is the cluster's, in `search.opensearch`.
    """

    @property
    def is_beside(self) -> bool:
        """Whether texts are answered beside PostgreSQL, unless that is down."""

    def search(
        self, question: ShelfQuestion, *, memory: Memory, limit: int, offset: int
    ) -> SearchPage | None:
        """The page of a text in its own order, from beside PostgreSQL in any; None where the shelves have
        to put it in the order of a column.
        """

    def suggest(self, question: ShelfQuestion, *, memory: Memory, limit: int) -> SearchPage:
        """The first products of a text in its own order, without counts; the total is of the page."""

    def counts(self, question: ShelfQuestion, *, memory: Memory) -> Facets:
        """The counts of a text, or of a shelf without one as it was a moment ago, by PostgreSQL."""

    def far_down(self, question: ShelfQuestion, *, limit: int, offset: int) -> list[int]:
        """The keys of a stretch of a shelf without a text, of those that `counts` counts, in stock as they
        were a moment ago.
        """

    def understand(
        self, text: str, *, memory: Memory, typing: bool = False, as_typed: bool = False
    ) -> SearchQuery | None:
        """The text understood; None where it holds no word, number or sign."""

    def narrow(self, products: ProductQuerySet, query: SearchQuery) -> ProductQuerySet:
        """Those of `products` that the query finds."""

    def in_stock(self, *, branch_id: int | None, anywhere: bool) -> Any:
        """Whether a product was in stock a moment ago, as an expression: at a branch, at any, or, without
        both, where deliveries leave from. Who shows a product looks again.
        """

    def asked(self, query: SearchQuery, results: int) -> None:
        """Somebody asked for this on a first page without filters. No query."""

    def earlier(self, beginning: str, *, limit: int) -> list[str]:
        """What many searched for and found, that begins so. One query."""

    def documents_changed(
        self, product_ids: Iterable[int], *, at_hand: Iterable[Product] = ()
    ) -> int:
        """Bring what the engine knows of these up to date, in the caller's transaction."""

    def states_changed(self, product_ids: Iterable[int]) -> None:
        """Their words are the same; price, tags or whether they are sold are others now."""


_engines: list[SearchEngine] = []


def use(engine: SearchEngine) -> None:
    """Ask this engine from now on."""
    _engines[:] = [engine]


def engine() -> SearchEngine:
    """The engine in use. Raises RuntimeError before the apps are ready."""
    if not _engines:
        raise RuntimeError("no search engine is in use")
    return _engines[0]


def documents_changed(product_ids: Iterable[int], *, at_hand: Iterable[Product] = ()) -> int:
    """Tell the engine that these products are other ones now; how many it looked at. Those whose rows
    the caller has `at_hand`, as they are now, are not read again: one statement.
    """
    return engine().documents_changed(product_ids, at_hand=at_hand) if _engines else 0


def states_changed(product_ids: Iterable[int]) -> None:
    """Tell the engine that something else than words of these changed. Nothing without an index beside
    PostgreSQL, else two statements.
    """
    if _engines:
        engine().states_changed(product_ids)

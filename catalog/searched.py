"""What became of a text, as shoppers are told: a sentence, shelves that help, what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from catalog.process_cache import recall
from catalog.search_port import SearchQuery, SearchStatus, engine
from catalog.selectors import ShelfPage
from catalog.tree import Node, category_tree

MAX_SHELVES = 6
LONGEST_PAGE = 60  # a longer one is no person's


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A text and what it was understood as. `shelves` are at most six, in shelf order."""

    query: SearchQuery
    shelves: list[Node]
    engine: str = ""
    degraded: bool = False

    @property
    def message(self) -> str:
        """One sentence in the reader's language, empty where the text was simply found."""
        text, shown = self.query.text, self.query.shown_for
        sentences = {
            SearchStatus.NOT_SOLD: _("We do not sell “%(text)s”."),
            SearchStatus.NOTHING: _("We did not find “%(text)s”."),
            SearchStatus.GUIDE: _("For “%(text)s” these shelves fit."),
            SearchStatus.INSTEAD: _("We do not sell “%(text)s”. Like it: “%(shown)s”."),
            SearchStatus.CORRECTED: _("Nothing is called “%(text)s”. These are for “%(shown)s”."),
            SearchStatus.LOOSENED: _(
                "No product has all of “%(text)s”. These are without: %(left)s."
            ),
        }
        left = ", ".join(f"“{piece}”" for piece in self.query.left_out)
        sentence = sentences.get(self.query.status, "")
        return sentence % {"text": text, "shown": shown, "left": left} if sentence else ""

    @property
    def is_not_sold(self) -> bool:
        return self.query.status == SearchStatus.NOT_SOLD

    @property
    def may_be_meant(self) -> bool:
        """Whether something else was looked for than what was typed."""
        return self.query.status in {SearchStatus.CORRECTED, SearchStatus.INSTEAD}


def searched(page: ShelfPage[Any]) -> Searched | None:
    """What a shelf was asked, ready to be told; None without a text. One query at most."""
    query = page.understood
    if query is None:
        return None
    nodes = category_tree(recall()).nodes if query.departments else {}
    shelves = [nodes[pk] for pk in query.departments if pk in nodes]
    return Searched(
        query=query,
        shelves=shelves[:MAX_SHELVES],
        engine=page.engine,
        degraded=page.degraded,
    )


def count_search(page: ShelfPage[Any], *, filters: Mapping[str, Any]) -> None:
    """Count a text that somebody asked for: only a usual first page without filters. No query."""
    is_plain = not page.offset and page.limit <= LONGEST_PAGE and not any(filters.values())
    if page.understood is not None and is_plain:
        engine().asked(page.understood, page.total)


def plain(number: Decimal) -> str:
    """Without zeros at the end: `2`, `1.5`."""
    return f"{number.normalize():f}"

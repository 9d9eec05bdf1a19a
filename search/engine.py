"""The engine that the shelves ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language
from procrastinate.contrib.django import app

from catalog.facets import Facets
from catalog.models import Product
from catalog.process_cache import Memory
from catalog.querysets import ProductQuerySet
from catalog.search_port import POSTGRESQL, SearchPage, SearchQuery
from catalog.selectors.question import ShelfQuestion
from core import metrics
from search import asking, documents, far_down, found, outbox, postgres, querylog
from search.understanding import Understanding

SOME = 200
"""So many products are indexed in the transaction that changes them; a brand of thousands is renamed
at once, and the rest is told to search behind the answer."""


class Engine:
    """Understands texts; finds and orders products in PostgreSQL, and in a cluster where there is one."""

    @property
    def is_beside(self) -> bool:
        return asking.is_asked()

    def search(
        self, question: ShelfQuestion, *, memory: Memory, limit: int, offset: int
    ) -> SearchPage | None:
        beside = _beside(question, memory=memory, limit=limit, offset=offset, counts=True)
        if beside is not None or not question.by_text:
            return beside
        with metrics.search_clock(POSTGRESQL):
            page = found.page(question, memory=memory, limit=limit, offset=offset)
        return replace(page, degraded=self._stands_in(question))

    def suggest(self, question: ShelfQuestion, *, memory: Memory, limit: int) -> SearchPage:
        beside = _beside(question, memory=memory, limit=limit, offset=0, counts=False)
        if beside is not None:
            return beside
        with metrics.search_clock(POSTGRESQL):
            ids = found.find(question, limit=limit, offset=0, counts=False).ids
        return SearchPage(
            ids=tuple(ids), total=len(ids), facets=Facets(), degraded=self._stands_in(question)
        )

    def _stands_in(self, question: ShelfQuestion) -> bool:
        """Whether PostgreSQL answers in place of the cluster."""
        return self.is_beside and not question.hides_chametz

    def counts(self, question: ShelfQuestion, *, memory: Memory) -> Facets:
        if question.understood is None:
            return found.counted(question)
        return found.remembered(question, memory=memory).facets

    def far_down(self, question: ShelfQuestion, *, limit: int, offset: int) -> list[int]:
        return far_down.far_down(question, limit=limit, offset=offset)

    def understand(
        self, text: str, *, memory: Memory, typing: bool = False, as_typed: bool = False
    ) -> SearchQuery | None:
        reading = Understanding(
            memory=memory, exists=found.exists, typing=typing, as_typed=as_typed
        )
        return reading.read(text)

    def narrow(self, products: ProductQuerySet, query: SearchQuery) -> ProductQuerySet:
        return postgres.narrow(products, query)

    def in_stock(self, *, branch_id: int | None, anywhere: bool) -> Any:
        return postgres.in_stock(branch_id=branch_id, anywhere=anywhere)

    def asked(self, query: SearchQuery, results: int) -> None:
        querylog.note(query, results)

    def earlier(self, beginning: str, *, limit: int) -> list[str]:
        language = "en" if get_language() == "en" else "he"
        return querylog.earlier(beginning, language, limit=limit)

    def documents_changed(
        self, product_ids: Iterable[int], *, at_hand: Iterable[Product] = ()
    ) -> int:
        if rows := list(at_hand):
            documents.write_documents(rows)
        there = {row.pk for row in rows}
        ids: list[Any] = [pk for pk in product_ids if pk not in there]
        for start in range(SOME, len(ids), SOME):  # the first now, the rest behind the answer
            app.configure_task("search.index_some").defer(product_ids=ids[start : start + SOME])
        return len(rows) + documents.index_products(ids[:SOME])

    def states_changed(self, product_ids: Iterable[int]) -> None:
        if outbox.is_wanted():
            ids = list(product_ids)
            outbox.raise_versions(ids)
            outbox.note_changes(ids)


def _beside(
    question: ShelfQuestion, *, memory: Memory, limit: int, offset: int, counts: bool
) -> SearchPage | None:
    """The cluster's answer. On Passover there is none: only PostgreSQL knows what is hidden then."""
    if question.hides_chametz:
        return None
    return asking.page(question, memory=memory, limit=limit, offset=offset, counts=counts)

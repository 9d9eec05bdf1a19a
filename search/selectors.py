"""What managers see of search: rules, the texts people asked for, and why a text finds what it finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    BigIntegerField,
    Exists,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.utils.translation import gettext as _

from branches import selectors as branches
from catalog import selectors as catalog
from catalog.process_cache import Memory, recall
from catalog.search_port import SearchQuery, SearchStatus, engine
from catalog.selectors import ShelfPage
from core.errors import InvalidInput, NotFound
from search import postgres
from search.found import how_many
from search.models import SearchDismissal, SearchQueryLog, SearchRule, SearchRuleWord
from search.rules import key_of
from search.telling import ExplainedWord, words_of

OPEN, ALL = "open", "all"
MISSED = (SearchStatus.NOTHING, SearchStatus.CORRECTED, SearchStatus.LOOSENED)
NO_RULE = Value(None, output_field=BigIntegerField(null=True))
TOP = 10


class _Latest(ArrayAgg):
    """The first of a column in an order, among the rows of a group."""

    template = f"({ArrayAgg.template})[1]"

    @property
    def output_field(self) -> Any:
        return self.source_expressions[0].output_field


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A text, what became of each of its words, and the first products with their numbers."""

    page: ShelfPage[Any]
    words: list[ExplainedWord]
    top: list[tuple[Any, list[int]]]


def all_rules(
    *, kind: str = "", q: str = "", is_active: bool | None = None
) -> QuerySet[SearchRule]:
    """Rules, switched off ones too, with their texts and shelves, the newest first."""
    found = SearchRule.objects.prefetch_related("words", "categories").order_by("-id")
    if kind:
        found = found.filter(kind=kind)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    if text := q.strip():
        said = SearchRuleWord.objects.filter(rule=OuterRef("pk")).filter(
            Q(text__icontains=text) | Q(key__contains=key_of(text) or text)
        )
        found = found.filter(Q(replacement__icontains=text) | Exists(said))
    return found


def any_rule(*, rule_id: int) -> SearchRule:
    """One rule, switched off or not. Raises NotFound."""
    found = all_rules().filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return found


def finds(rule: SearchRule) -> int | None:
    """How many products the replacement of a rule finds now; None for other kinds. Many rules show the
    same instead, so it is remembered by the text.
    """
    text = rule.replacement
    if not text:
        return None
    memory = recall()
    return memory.get(("finds", text), lambda: _found_by(text, memory))


def _found_by(text: str, memory: Memory) -> int:
    query = engine().understand(text, memory=memory)
    return how_many(query) if query is not None else 0


def logged_texts(
    *,
    show: str = OPEN,
    date_from: dt.date | None = None,
    date_to: dt.date | None = None,
    q: str = "",
) -> QuerySet[Any, Any]:
    """What people searched for, the most searched first: `text`, `searches`, `since`, `last_at`, and of
    the last time `language`, `results`, `status`; `rule_id` of the active rule that has it now.

    `open` are those that found nothing, or not what was typed, that have no rule and that nobody
    dismissed. Raises InvalidInput for another word than `open`, `all` or a status.
    """
    if show not in {OPEN, ALL, *SearchStatus.values}:
        raise InvalidInput(fields={"show": [_("Choose open, all or a status.")]})
    asked = Q()
    if date_from is not None:
        asked &= Q(day__gte=date_from)
    if date_to is not None:
        asked &= Q(day__lte=date_to)
    rows = SearchQueryLog.objects.all()
    if text := q.strip().lower():
        rows = rows.filter(text__contains=text)
    if asked:
        rows = rows.filter(text__in=_texts(asked))
    if show != ALL:  # no other text can have ended so the last time
        ends = MISSED if show == OPEN else (show,)
        rows = rows.filter(text__in=_texts(Q(status__in=ends)))
    if show == OPEN:  # two small tables, looked at once
        ruled = SearchRuleWord.objects.filter(is_active=True).values("key")
        rows = rows.exclude(key__in=ruled).exclude(text__in=SearchDismissal.objects.values("text"))
        return _folded(rows, asked, rule=NO_RULE).filter(status__in=MISSED)
    rule = SearchRuleWord.objects.filter(key=OuterRef("key"), is_active=True).values("rule_id")
    found = _folded(rows, asked, rule=Subquery(rule[:1]))
    if show != ALL:
        found = found.filter(status=show)
    return found


def _texts(asked: Q) -> QuerySet[Any, Any]:
    return SearchQueryLog.objects.filter(asked).values("text")


def _folded(rows: QuerySet[SearchQueryLog], asked: Q, *, rule: Any) -> QuerySet[Any, Any]:
    """One row a text, in one walk over `rows`: sums of the days `asked`, and the last time of all."""
    return (
        rows.order_by()
        .values("text", "key")
        .annotate(  # before `last_at` is the group's
            language=_Latest("language", order_by=("-last_at", "-id")),
            results=_Latest("results", order_by=("-last_at", "-id")),
            status=_Latest("status", order_by=("-last_at", "-id")),
            searches=Sum("searches", filter=asked),
            since=Min("day", filter=asked),
            last_at=Max("last_at", filter=asked),
            rule_id=rule,
        )
        .order_by("-searches", "text")
    )


def explained(*, q: str, branch_id: int | None = None) -> Explained:
    """Why a text finds what it finds. Not counted as a search. Raises NotFound (no such branch)."""
    if branch_id is not None:
        branches.branch(branch_id=branch_id)
    page = catalog.listing(q=q, branch_id=branch_id, limit=TOP, offset=0)
    query = page.understood
    if query is None:
        return Explained(page=page, words=[], top=[])
    numbers = _numbers(query, [item.pk for item in page.items], branch_id)
    return Explained(
        page=page,
        words=words_of(query, recall()),
        top=[(item, numbers[item.pk]) for item in page.items if item.pk in numbers],
    )


def _numbers(
    query: SearchQuery, product_ids: list[int], branch_id: int | None
) -> dict[int, list[int]]:
    """The nine numbers of the order, for each of these. One query."""
    names, expressions = zip(*postgres.numbers(query).items(), strict=True)
    products = catalog.stocked_products(product_ids=product_ids, branch_id=branch_id)
    rows = products.annotate(**dict(zip(names, expressions, strict=True)))
    return {
        row[-1]: [int(number) for number in row]
        for row in rows.values_list(*names, "in_stock", "search_document__popularity", "pk")
    }

"""What managers see of search: rules, the texts people asked for, and why a text finds what it finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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
from catalog.process_cache import recall
from catalog.search_port import SearchQuery, SearchStatus
from catalog.selectors import ShelfPage
from core.errors import InvalidInput, NotFound
from search import postgres
from search.finds import finds_of
from search.models import (
    MISSED,
    SearchDismissal,
    SearchQueryLog,
    SearchRule,
    SearchRuleWord,
    SearchText,
)
from search.rules import key_of
from search.telling import ExplainedWord, words_of

OPEN, ALL = "open", "all"
SHOWN = ("text", "key", "language", "searches", "results", "status", "since", "last_at")
NO_RULE = Value(None, output_field=BigIntegerField(null=True))
TOP = 10


class _Beside(Subquery):
    """A value by the text of a group, which is no reason to make more groups of it."""

    def get_group_by_cols(self) -> list[Any]:
        return []


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
    """How many products the replacement of a rule finds now; None for other kinds."""
    return finds_of([rule.replacement]).get(rule.replacement)


def with_finds(rules: Iterable[SearchRule]) -> list[tuple[SearchRule, int | None]]:
    """Rules with what their replacements find, all of them asked for together."""
    listed = list(rules)
    found = finds_of(rule.replacement for rule in listed)
    return [(rule, found.get(rule.replacement)) for rule in listed]


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
    texts = SearchText.objects.all()
    if text := q.strip().lower():
        texts = texts.filter(text__contains=text)
    if show == OPEN:  # two small tables, looked at once
        ruled = SearchRuleWord.objects.filter(is_active=True).values("key")
        texts = texts.exclude(key__in=ruled).exclude(
            text__in=SearchDismissal.objects.values("text")
        )
    if show != ALL:
        texts = texts.filter(status__in=MISSED if show == OPEN else (show,))
    days = _days(date_from, date_to)
    found = _of_days(texts, days, all_of_them=show == ALL and not text) if days else texts
    rule = SearchRuleWord.objects.filter(key=OuterRef("key"), is_active=True).values("rule_id")
    told = NO_RULE if show == OPEN else Subquery(rule[:1])
    rows = found.annotate(rule_id=told).order_by("-searches", "text")
    return rows if days else rows.values(*SHOWN, "rule_id")


def _days(first: dt.date | None, last: dt.date | None) -> Q:
    days = Q()
    if first is not None:
        days &= Q(day__gte=first)
    if last is not None:
        days &= Q(day__lte=last)
    return days


def _of_days(texts: QuerySet[SearchText], days: Q, *, all_of_them: bool) -> QuerySet[Any, Any]:
    """Some texts by their sums of some days; what came of them is that of the last time of all."""
    rows = SearchQueryLog.objects.filter(days).order_by()
    if not all_of_them:
        rows = rows.filter(text__in=texts.values("text"))
    last = SearchText.objects.filter(text=OuterRef("text"))
    return rows.values("text", "key").annotate(
        **{name: _Beside(last.values(name)) for name in ("language", "results", "status")},
        searches=Sum("searches"),
        since=Min("day"),
        last_at=Max("last_at"),
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

"""What managers see of search: rules, the texts people asked for, and why a text finds what it finds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from branches import selectors as branches
from catalog import selectors as catalog
from catalog.process_cache import recall
from catalog.search_port import SearchQuery, SearchStatus
from catalog.selectors import ShelfPage
from core.errors import InvalidInput, NotFound
from search import postgres
from search.models import SearchDismissal, SearchQueryLog, SearchRule, SearchRuleWord
from search.rules import key_of
from search.telling import ExplainedWord, words_of

OPEN, ALL = "open", "all"
MISSED = (SearchStatus.NOTHING, SearchStatus.CORRECTED, SearchStatus.LOOSENED)
TOP = 10


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
    return recall().get(("finds", text), lambda: catalog.listing(q=text, limit=1, offset=0).total)


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
    rows = SearchQueryLog.objects.all()
    if date_from is not None:
        rows = rows.filter(day__gte=date_from)
    if date_to is not None:
        rows = rows.filter(day__lte=date_to)
    if text := q.strip().lower():
        rows = rows.filter(text__contains=text)
    last = SearchQueryLog.objects.filter(text=OuterRef("text")).order_by("-last_at", "-id")
    ruled = SearchRuleWord.objects.filter(key=OuterRef("key"), is_active=True)
    found = (
        rows.order_by()
        .values("text", "key")
        .annotate(
            searches=Sum("searches"),
            since=Min("day"),
            last_at=Max("last_at"),
            language=Subquery(last.values("language")[:1]),
            results=Subquery(last.values("results")[:1]),
            status=Subquery(last.values("status")[:1]),
            rule_id=Subquery(ruled.values("rule_id")[:1]),
        )
        .order_by("-searches", "text")
    )
    if show == OPEN:
        dismissed = SearchDismissal.objects.values("text")
        found = found.filter(status__in=MISSED, rule_id=None).exclude(text__in=dismissed)
    elif show != ALL:
        found = found.filter(status=show)
    return found


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

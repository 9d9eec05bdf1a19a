"""How good the answers are: a list of queries with what must come out, and three figures.

recall@5 is the share of rows that expect products, tags or shelves and get them among the first
five; first right the share of rows with an expected first that have it; absurd the share of all
rows that show what they must not, or the whole shop.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.utils import translation

from catalog import selectors
from catalog.models import Category, Product
from search import outbox

FIRST = 5
LOOKED_AT = 3


@dataclass(kw_only=True)
class QueryAnswer:
    """What a text found: its first skus, how many, their tags, and the shelves it named."""

    skus: list[str]
    total: int
    tags: list[list[str]]
    shelves: list[str]
    status: str
    engine: str = ""


Ask = Callable[[str, str], QueryAnswer]


@dataclass(kw_only=True)
class Report:
    """The figures over all rows, and each row that fails with why."""

    rows: int = 0
    recall: tuple[int, int] = (0, 0)
    first: tuple[int, int] = (0, 0)
    absurd: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failed_kinds: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def recall_share(self) -> float:
        return self.recall[0] / max(1, self.recall[1])

    @property
    def first_share(self) -> float:
        return self.first[0] / max(1, self.first[1])

    @property
    def absurd_share(self) -> float:
        return self.absurd / max(1, self.rows)


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def measure(rows: Iterable[dict[str, Any]], *, ask: Ask | None = None) -> Report:
    """Ask every row and compare; `ask` is another way to ask than `listed`."""
    ask = ask or listed
    report = Report()
    whole = Product.objects.active().count()
    for row in rows:
        _judge(report, row, ask(row["q"], row["lang"]), whole)
    return report


def listed(text: str, language: str) -> QueryAnswer:
    """What the JSON API would find first."""
    with translation.override(language):
        page = selectors.listing(q=text, limit=FIRST, offset=0)
    understood = page.understood
    shelves = understood.departments if understood else ()
    names = Category.objects.filter(pk__in=shelves).values_list("name_en", flat=True)
    return QueryAnswer(
        skus=[item.sku for item in page.items],
        total=page.total,
        tags=[list(item.dietary_tags) for item in page.items],
        shelves=list(names),
        status=str(understood.status) if understood else "",
        engine=page.engine,
    )


def by_postgresql(text: str, language: str) -> QueryAnswer:
    """`listed`, whether or not there is a cluster beside."""
    with outbox.alone():
        return listed(text, language)


def _judge(report: Report, row: dict[str, Any], answer: QueryAnswer, whole: int) -> None:
    report.rows += 1
    report.kinds[row["kind"]] += 1
    why = []
    if (recalled := _recalled(row, answer)) is not None:
        report.recall = (report.recall[0] + recalled, report.recall[1] + 1)
        why += [] if recalled else ["recall"]
    if "expect_first" in row:
        right = bool(answer.skus) and _fits(answer.skus[0], row["expect_first"])
        report.first = (report.first[0] + right, report.first[1] + 1)
        why += [] if right else ["first"]
    if _is_absurd(row, answer, whole):
        report.absurd += 1
        why.append("absurd")
    if why:
        report.failed_kinds[row["kind"]] += 1
        found = " ".join(answer.skus) or "-"
        report.failures.append(
            f"{row['kind']:9} {row['q']!r}: {', '.join(why)} ({answer.status}, {answer.total}: {found})"
        )


def _recalled(row: dict[str, Any], answer: QueryAnswer) -> bool | None:
    if "expect_first" in row:
        return any(_fits(sku, row["expect_first"]) for sku in answer.skus)
    if "expect_any" in row:
        return any(_fits(sku, row["expect_any"]) for sku in answer.skus)
    if "expect_tag" in row:
        tagged = all(row["expect_tag"] in tags for tags in answer.tags)
        return bool(answer.tags) and tagged and answer.total >= row.get("expect_at_least", 1)
    if "expect_category" in row:
        return bool(set(row["expect_category"]) & set(answer.shelves))
    return None


def _is_absurd(row: dict[str, Any], answer: QueryAnswer, whole: int) -> bool:
    first = answer.skus[:LOOKED_AT]
    return (
        (row.get("expect_none", False) and answer.total > 0)
        or answer.total > row.get("expect_at_most", whole)
        or any(not _fits(sku, row["only"]) for sku in first if "only" in row)
        or any(_fits(sku, row["forbid"]) for sku in first if "forbid" in row)
        or answer.total >= whole
    )


def _fits(sku: str, patterns: list[str]) -> bool:
    return any(fnmatch(sku, pattern) for pattern in patterns)

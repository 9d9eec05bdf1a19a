"""The rules that come with the shop, from `fixtures/search_rules.json`, and its first documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from catalog import process_cache
from catalog.models import Category
from search import documents
from search.models import RuleKind, RuleSource, SearchRule, SearchRuleWord
from search.rules import key_of


def seed_rules(*, folder: Path) -> int:
    """Add the rules none of whose texts is known, active or not; how many. Never changes one."""
    rows = json.loads((folder / "search_rules.json").read_text(encoding="utf-8"))
    known = set(SearchRuleWord.objects.values_list("key", flat=True))
    categories = dict(Category.objects.values_list("slug", "pk"))
    added = 0
    with transaction.atomic():
        for row in rows:
            texts = {key: text for text in row["words"] if (key := key_of(text))}
            if not texts or texts.keys() & known:
                continue
            known |= texts.keys()
            _add(row, texts, categories)
            added += 1
        if added:
            process_cache.changed()
    return added


def index_all() -> int:
    """Index the products that search does not know yet, and count the words on sale."""
    count = len(documents.missing(limit=1))
    return documents.rebuild() if count else 0


def _add(row: dict[str, Any], texts: dict[str, str], categories: dict[str, int]) -> None:
    rule = SearchRule.objects.create(
        kind=RuleKind(row["kind"]),
        replacement=row.get("replacement", ""),
        source=RuleSource.SEED,
    )
    rule.categories.set(categories[slug] for slug in row.get("shelves", []) if slug in categories)
    SearchRuleWord.objects.bulk_create(
        SearchRuleWord(rule=rule, text=text, key=key, position=number)
        for number, (key, text) in enumerate(texts.items())
    )

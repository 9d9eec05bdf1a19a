"""The rules that come with the shop, from `fixtures/search_rules.json`, and its first documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from catalog import process_cache
from catalog.models import Category
from search import documents, services
from search.models import RuleKind, RuleSource, SearchRule, SearchRuleWord
from search.rules import key_of


def seed_rules(*, folder: Path) -> int:
    """Add the rules none of whose texts is known, active or not, and to those that came with the shop the
    texts that are new in the file; how many rules were added or completed. A rule that a manager has
    edited or switched off is left as it is, and a text that stands in another rule stays there.
    """
    rows = json.loads((folder / "search_rules.json").read_text(encoding="utf-8"))
    known = dict(SearchRuleWord.objects.values_list("key", "rule_id"))
    categories = dict(Category.objects.values_list("slug", "pk"))
    done = 0
    with transaction.atomic():
        for row in rows:
            texts = {key: text for text in row["words"] if (key := key_of(text))}
            rules = {known[key] for key in texts if key in known}
            if rules and not texts.keys() <= known.keys():
                done += _complete(row, texts, rules)
            elif texts and not rules:
                pk = _add(row, texts, categories)
                known |= dict.fromkeys(texts, pk)
                done += 1
        if done:
            process_cache.changed()
    return done


def index_all() -> int:
    """Index the products that search does not know yet, and count the words on sale."""
    count = len(documents.missing(limit=1))
    return documents.rebuild() if count else 0


def _complete(row: dict[str, Any], texts: dict[str, str], rule_ids: set[int]) -> bool:
    """Give the new texts to the rule of the row: the one of its kind that came with the shop and has some."""
    found = SearchRule.objects.filter(
        pk__in=rule_ids, kind=row["kind"], source=RuleSource.SEED
    ).values_list("pk", flat=True)
    if len(found) != 1:
        return False
    return services.complete_rule(rule_id=found[0], words=texts.values()) > 0


def _add(row: dict[str, Any], texts: dict[str, str], categories: dict[str, int]) -> int:
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
    return rule.pk

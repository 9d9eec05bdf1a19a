"""The rules that come with the shop: added once, completed later, never over what a manager did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audit.models import AuditEntry
from catalog import selectors
from catalog.search_port import SearchStatus
from search import services
from search.models import RuleSource, SearchRule
from search.seeding import seed_rules
from search.services import RuleData


@pytest.fixture
def seeded(shop: Any, tmp_path: Path) -> Any:
    """Seeds rules, given as (kind, words), and says how many were added or completed."""

    def seed(*rows: tuple[str, list[str]]) -> int:
        told = [{"kind": kind, "words": words} for kind, words in rows]
        (tmp_path / "search_rules.json").write_text(json.dumps(told), encoding="utf-8")
        return seed_rules(folder=tmp_path)

    return seed


def texts(rule: SearchRule) -> list[str]:
    return list(rule.words.values_list("text", flat=True))


def status(text: str) -> SearchStatus:
    understood = selectors.listing(q=text, limit=1, offset=0).understood
    assert understood is not None
    return understood.status


def test_a_rule_that_is_there_gets_the_new_texts_of_the_file(seeded: Any) -> None:
    assert seeded(("SAME", ["חלב", "lechelo"])) == 1
    assert seeded(("SAME", ["חלב", "lechelo"])) == 0
    rule = SearchRule.objects.get(source=RuleSource.SEED)
    assert AuditEntry.objects.filter(entity_type="search_rule").count() == 0
    assert status("milchik") == SearchStatus.NOTHING
    assert seeded(("SAME", ["חלב", "milchik", "lechelo"]), ("NOT_SOLD", ["zork"])) == 2
    assert texts(rule) == ["חלב", "lechelo", "milchik"]
    assert status("milchik") == SearchStatus.FOUND
    entry = AuditEntry.objects.get(entity_type="search_rule", entity_id=rule.pk)
    assert (entry.action, entry.actor) == ("UPDATE", None)
    assert entry.new_value == {"words": ["חלב", "lechelo", "milchik"]}
    assert seeded(("SAME", ["חלב", "milchik", "lechelo", "molo"])) == 1  # what it did is no edit


def test_what_a_manager_did_stays(seeded: Any) -> None:
    rows = [("SAME", ["חלב", "lechelo"]), ("NOT_SOLD", ["zork"]), ("NOT_SOLD", ["blip"])]
    seeded(*rows)
    same, zork, blip = SearchRule.objects.filter(source=RuleSource.SEED).order_by("pk")
    services.update_rule(actor=None, rule_id=same.pk, changes={"words": ["חלב", "molo"]})
    services.deactivate_rule(actor=None, rule_id=zork.pk)
    services.create_rule(actor=None, data=RuleData(kind="SAME", words=("לחם", "blop")))
    again = [
        ("SAME", ["חלב", "lechelo", "milchik"]),
        ("NOT_SOLD", ["zork", "zorks"]),
        ("NOT_SOLD", ["blip", "blop", "blup"]),
    ]
    assert seeded(*again) == 1
    assert (texts(same), texts(zork), texts(blip)) == (["חלב", "molo"], ["zork"], ["blip", "blup"])
    services.update_rule(actor=None, rule_id=zork.pk, changes={"is_active": True})
    assert seeded(*again) == 0  # switched on again is edited too


def test_texts_of_two_rules_or_another_kind_complete_none(seeded: Any) -> None:
    seeded(("NOT_SOLD", ["zork"]), ("NOT_SOLD", ["blip"]))
    before = list(SearchRule.objects.values_list("pk", "updated_at"))
    assert seeded(("NOT_SOLD", ["zork", "blip", "blop"]), ("SAME", ["zork", "zorks"])) == 0
    assert list(SearchRule.objects.values_list("pk", "updated_at")) == before

"""A verdict stands until somebody writes to what it was based on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from checkout.invariants import ALL
from checkout.tests.judging import Judge
from core.invariants import Finding, Rule
from tests.shop import Shop


@pytest.fixture
def asked() -> list[str]:
    """The names of the rules, as often as they were asked."""
    return []


@pytest.fixture
def judge(db: None, asked: list[str]) -> Judge:
    """Of two rules: no shelf is empty, nobody is called Nobody."""

    def rule(name: str, model: str, **wrong: object) -> Rule:
        def check(as_of: dt.datetime | None) -> Iterator[Finding]:
            asked.append(name)
            for row in apps.get_model(model).objects.filter(**wrong):
                yield Finding(what=str(row.pk), repair="")

        return Rule(name=name, check=check)

    return Judge(
        [
            rule("shelves", "inventory.Stock", on_hand=0),
            rule("people", "accounts.User", full_name="Nobody"),
        ]
    )


def test_what_nobody_touched_is_not_asked_again(judge: Judge, asked: list[str]) -> None:
    for _ in range(3):
        assert judge.broken() == {}
    assert asked == ["shelves", "people"]


def test_only_who_reads_what_was_written_is_asked(
    judge: Judge, asked: list[str], shop: Shop
) -> None:
    judge.broken()
    asked.clear()
    shop.product(stock=0)
    assert list(judge.broken()) == ["shelves"]
    assert asked == ["shelves"]


def test_what_is_broken_stays_so(judge: Judge, shop: Shop) -> None:
    shop.product(stock=0)
    assert judge.broken() == judge.broken() != {}


def test_what_lies_outside_is_part_of_the_verdict_of_who_looks_there(
    judge: Judge, asked: list[str]
) -> None:
    def check(as_of: dt.datetime | None) -> Iterator[Finding]:
        asked.append("ledger")
        if Path(settings.SANDBOX_LEDGER).exists():
            yield Finding(what="it is there", repair="")

    judge.rules.append(Rule(name="ledger", check=check))
    judge.broken()
    asked.clear()
    for version in (1, 2, 2):
        assert judge.broken(outside=version) == {}
    assert asked == ["ledger"] * 2


def test_the_rule_about_the_provider_looks_there(db: None) -> None:
    judge = Judge(ALL)
    judge.broken()
    looking = [name for name, grounds in judge.good.items() if grounds.looks_outside]
    assert looking == ["provider's ledger = ours (sandbox)"]


@pytest.mark.django_db(transaction=True)
def test_a_story_does_not_remember_what_another_has_written(
    transactional_db: None, judge: Judge, asked: list[str], shop: Shop
) -> None:
    for _ in range(2):
        with transaction.atomic():
            judge.begin()
            assert judge.broken() == {}
            apps.get_model("accounts", "User").objects.create(email="n@mami.test")
            assert judge.broken() == {}
            transaction.set_rollback(True)
    assert asked == ["shelves", "people", "people", "people"]

"""Texts that people searched for: one row each, whatever writes, forgets or counts the rows of their days."""

from __future__ import annotations

import datetime as dt
import threading
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from core import clock
from core.clock import shop_date
from runtime.run.tests.conftest import until
from search import querylog
from search.models import SearchQueryLog, SearchText
from tests.races import longest, race

DAY = dt.timedelta(days=1)
OLD = querylog.KEPT_DAYS + 1


def searched(text: str, *, days_ago: int, times: int, status: str = "FOUND", **more: Any) -> None:
    SearchQueryLog.objects.create(
        day=shop_date(clock.now()) - days_ago * DAY,
        last_at=clock.now() - days_ago * DAY,
        text=text,
        searches=times,
        status=status,
        **{"key": text, "language": "he", "results": times, **more},
    )


def told() -> dict[str, tuple[Any, ...]]:
    today = shop_date(clock.now())
    return {
        row.text: (row.searches, (today - row.since).days, row.language, row.results, row.status)
        for row in SearchText.objects.all()
    }


@pytest.mark.django_db
def test_a_text_is_the_sum_of_its_days_and_says_what_came_last() -> None:
    searched("milk", days_ago=1, times=3, status="NOTHING", language="en")
    searched("milk", days_ago=4, times=5)
    assert told() == {"milk": (8, 4, "en", 3, "NOTHING")}
    searched("milk", days_ago=0, times=2)
    searched("bread", days_ago=2, times=1)
    assert told() == {"milk": (10, 4, "he", 2, "FOUND"), "bread": (1, 2, "he", 1, "FOUND")}
    SearchQueryLog.objects.filter(text="milk", searches=5).update(searches=6, results=9)
    assert told()["milk"] == (11, 4, "he", 2, "FOUND")  # that day was not the last
    SearchQueryLog.objects.filter(text="milk", searches=2).update(searches=4, status="LOOSENED")
    assert told()["milk"] == (13, 4, "he", 2, "LOOSENED")


@pytest.mark.django_db
def test_what_is_forgotten_counts_no_more() -> None:
    searched("milk", days_ago=OLD, times=3)
    searched("milk", days_ago=1, times=2, status="NOTHING")
    searched("gone", days_ago=OLD, times=3)
    searched("gone", days_ago=OLD + 1, times=3)
    searched("new", days_ago=0, times=1)
    assert querylog.forget_old(now=clock.now()) == 3
    assert told() == {"milk": (2, 1, "he", 2, "NOTHING"), "new": (1, 0, "he", 1, "FOUND")}


@pytest.mark.django_db(transaction=True)
def test_texts_of_before_are_counted_once() -> None:
    count: Any = import_module("search.migrations.0009_searched_texts_of_before").count
    for number in range(4):
        searched(f"text {number}", days_ago=number, times=number + 1)
        searched(f"text {number}", days_ago=9, times=1, status="NOTHING")
    before = told()
    SearchText.objects.exclude(text="text 1").delete()
    SearchText.objects.update(searches=77)  # what a trigger has added of a later day alone
    count(apps, None)
    assert told() == before
    assert before["text 2"] == (4, 9, "he", 3, "FOUND")


@pytest.mark.django_db(transaction=True)
def test_searching_while_old_days_are_forgotten_loses_no_count() -> None:
    texts = [f"text {number:02}" for number in range(30)]

    def again() -> None:
        for times in range(5):
            for text in texts if times % 2 else reversed(texts):
                searched(text, days_ago=times, times=1)

    for text in texts:
        searched(text, days_ago=OLD, times=7)
    done = race([again, lambda: querylog.forget_old(now=clock.now())])
    assert done == [None, 30]
    assert {row[:2] for row in told().values()} == {(5, 4)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("adds_first", [True, False])
def test_who_forgets_and_who_adds_wait_for_each_other(*, adds_first: bool) -> None:
    searched("milk", days_ago=OLD, times=7)

    def forgets() -> None:
        SearchQueryLog.objects.filter(searches=7).delete()

    def adds() -> None:
        searched("milk", days_ago=0, times=2)

    first, second = (adds, forgets) if adds_first else (forgets, adds)
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.extend(race([second])))
    with transaction.atomic():
        first()
        thread.start()
        until(waiting_for_a_lock, seconds=longest())
    thread.join(longest())
    assert done == [None]
    assert told() == {"milk": (2, 0, "he", 2, "FOUND")}


def waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees it as it was
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def test_a_list_of_some_days_counts_texts_and_not_their_days(shop: Any, api: Any) -> None:
    for days_ago in range(3):
        searched("milk", days_ago=days_ago, times=days_ago + 1, status="NOTHING")
    searched("bread", days_ago=1, times=9)
    mia, since = api(shop.manager()), shop_date(clock.now()) - DAY
    for more, texts in (
        ("", ["milk"]),
        ("&show=all", ["bread", "milk"]),
        ("&show=all&q=re", ["bread"]),
    ):
        for days in ("", f"&date_from={since}"):
            page = mia.get(f"/admin/search/queries?limit=1{more}{days}").json()
            assert page["pagination"]["total"] == len(texts)
            assert page["data"][0]["text"] == texts[0]
            if not more:
                assert page["data"][0]["searches"] == (3 if days else 6)

"""Rules and missed texts in the office."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from catalog import selectors
from core import clock
from core.clock import shop_date
from search import querylog
from search.models import SearchDismissal, SearchQueryLog, SearchRule
from search.selectors import logged_texts

RULES = "/admin/search/searchrule/"
MISSED = "/admin/search/searchquerylog/"
DAY = dt.timedelta(days=1)


@pytest.fixture
def mia(shop: Any) -> Client:
    """A manager at her desk."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(shop.manager())
    return client


def test_a_missed_text_is_made_a_rule_and_tried(shop: Any, mia: Client) -> None:
    Client().get("/search/", {"q": "Lechelo"})
    Client().get("/search/", {"q": "qwzxkvj"})
    querylog.flush()
    page = mia.get(MISSED).content.decode()
    assert f"{RULES}add/?words=lechelo" in page
    assert "lechelo" in mia.get(f"{RULES}add/?words=lechelo").content.decode()
    before = set(SearchRule.objects.values_list("pk", flat=True))
    typed = {"kind": "SAME", "words": "lechelo\nחלב", "replacement": "", "is_active": "on"}
    assert mia.post(f"{RULES}add/", typed).status_code == 302
    rule = SearchRule.objects.exclude(pk__in=before).get()
    assert selectors.listing(q="lechelo", limit=5, offset=0).total == 1
    assert "lechelo" not in mia.get(MISSED).content.decode()
    assert f"{RULES}{rule.pk}/change/" in mia.get(f"{MISSED}?show=all").content.decode()
    tried = mia.get(f"{RULES}try/?q=lechelo").content.decode()
    assert "by a rule" in tried
    assert "חלב טרי" in tried
    again = mia.post(f"{RULES}add/", {**typed, "words": "lechelo\nmilch"})
    assert again.status_code == 200
    assert "Another rule already has one of these words." in again.content.decode()
    wrong = mia.post(f"{RULES}add/", {**typed, "words": "milch"})
    assert "At least two texts" in wrong.content.decode()
    change = f"{RULES}{rule.pk}/change/"
    assert "lechelo" in mia.get(change).content.decode()
    typed.pop("is_active")
    assert mia.post(change, typed).status_code == 302
    assert selectors.listing(q="lechelo", limit=5, offset=0).total == 0
    assert mia.get(f"{RULES}?q=lechelo").status_code == 200
    mia.post(f"{MISSED}dismiss/", {"text": "qwzxkvj"})
    assert SearchDismissal.objects.get().text == "qwzxkvj"
    assert "qwzxkvj" not in mia.get(MISSED).content.decode()
    assert mia.get(f"{MISSED}dismiss/").status_code == 405


def test_strangers_are_sent_away(shop: Any) -> None:
    for path in (RULES, MISSED, f"{RULES}try/"):
        assert Client().get(path).status_code == 302


def test_a_rule_is_looked_at_before_it_is_saved(shop: Any, mia: Client) -> None:
    before, trail = SearchRule.objects.count(), AuditEntry.objects.count()
    form = mia.get(f"{RULES}add/").content.decode()
    assert f'formaction="{RULES}preview/"' in form
    typed = {"kind": "INSTEAD", "words": "lechelo\nmilch", "replacement": "חלב", "is_active": "on"}
    page = mia.post(f"{RULES}preview/", typed).content.decode()
    assert "<html" in page
    assert page.count("חלב טרי") == 2
    assert "Nothing is saved yet" in page
    part = mia.post(f"{RULES}preview/", typed, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "<bdi>lechelo</bdi>: something like it, 1" in part
    for changed, said in (
        ({"replacement": ""}, "Say what to show instead"),
        ({"kind": "GUIDE"}, "Choose at least one shelf"),
        ({"words": ""}, "This field is required"),
        ({"words": "חלב", "kind": "SAME"}, "At least two texts"),
    ):
        assert said in mia.post(f"{RULES}preview/", {**typed, **changed}).content.decode()
    assert (SearchRule.objects.count(), AuditEntry.objects.count()) == (before, trail)
    assert selectors.listing(q="lechelo", limit=5, offset=0).total == 0
    mia.post(f"{RULES}add/", typed)
    rule = SearchRule.objects.latest("pk")
    assert '<td class="field-finds">1</td>' in mia.get(f"{RULES}?q=lechelo").content.decode()
    again = {**typed, "words": "lechelo", "replacement": "לחם", "rule": rule.pk}
    assert "לחם אחיד" in mia.post(f"{RULES}preview/", again).content.decode()
    taken = mia.post(f"{RULES}preview/", {**typed, "words": "milch"}).content.decode()
    assert "Another rule already has one of these words." in taken
    assert SearchRule.objects.get(pk=rule.pk).replacement == "חלב"
    assert mia.get(f"{RULES}preview/").status_code == 405


def test_missed_texts_are_narrowed_by_status_and_day(shop: Any, mia: Client) -> None:
    Client().get("/search/", {"q": "qwzxkvj"})
    Client().get("/search/", {"q": "חלב"})
    querylog.flush()
    today = shop_date(clock.now())
    page = mia.get(f"{MISSED}?show=FOUND").content.decode()
    assert "<bdi>חלב</bdi>" in page
    assert "qwzxkvj" not in page
    for query, there in (
        (f"date_from={today - DAY}&date_to={today + DAY}", True),
        (f"date_from={today + DAY}", False),
    ):
        assert ("qwzxkvj" in mia.get(f"{MISSED}?{query}").content.decode()) is there


def test_a_text_is_open_by_its_last_time_and_counted_by_the_days_asked(mia: Client) -> None:
    today = shop_date(clock.now())

    def searched(text: str, days_ago: int, times: int, status: str) -> None:
        SearchQueryLog.objects.create(
            day=today - days_ago * DAY,
            text=text,
            key=text,
            language="he",
            searches=times,
            results=0,
            status=status,
            last_at=clock.now() - days_ago * DAY,
        )

    searched("found since", 3, 5, "NOTHING")
    searched("found since", 1, 1, "FOUND")
    searched("lost since", 3, 2, "FOUND")
    searched("lost since", 1, 4, "LOOSENED")
    (row,) = logged_texts()
    assert (row["text"], row["searches"], row["status"]) == ("lost since", 6, "LOOSENED")
    (row,) = logged_texts(date_to=today - 2 * DAY)
    assert (row["text"], row["searches"], row["since"]) == ("lost since", 2, today - 3 * DAY)
    assert [row["text"] for row in logged_texts(show="FOUND")] == ["found since"]
    assert not logged_texts(show="NOTHING").exists()


def test_a_missed_text_is_made_a_synonym_in_one_step(shop: Any, mia: Client) -> None:
    for typed in ("lechelo", "melk", "milch"):
        Client().get("/search/", {"q": typed})
    querylog.flush()
    page = mia.get(MISSED).content.decode()
    assert f'action="{MISSED}same/"' in page
    rules = SearchRule.objects.count()
    for text in ("lechelo", "melk"):  # the second joins the first one's rule
        said = mia.post(f"{MISSED}same/", {"text": text, "other": "חלב"}, follow=True)
        assert f"“{text}” finds 1 product now." in said.content.decode()
        assert f">{text}</bdi>" not in said.content.decode()
        assert "חלב טרי" in Client().get("/search/", {"q": text}).content.decode()
    assert SearchRule.objects.count() - rules <= 1
    entry = AuditEntry.objects.filter(entity_type="search_rule").latest("pk")
    assert entry.action == "UPDATE"
    for other, told in (
        ("", "Write what it means the same as."),
        ("!", "A text needs a letter, a digit or a symbol."),
        ("x" * 61, "Write what it means the same as."),
        ("a b c d e", "A text has at most 4 words."),
        ("milch", "At least two texts can be the same thing."),
    ):
        said = mia.post(f"{MISSED}same/", {"text": "milch", "other": other}, follow=True)
        assert told in said.content.decode(), other
    assert mia.get(f"{MISSED}same/").status_code == 405
    assert Client().post(f"{MISSED}same/", {"text": "a", "other": "b"}).status_code == 302


def test_a_text_that_stands_in_a_rule_leads_there(shop: Any, mia: Client) -> None:
    typed = {"kind": "SAME", "words": "lechelo\nmelk", "replacement": "", "is_active": "on"}
    made = mia.post(f"{RULES}add/?words=lechelo", {**typed, "_save": "Save"})
    assert made.headers["Location"] == MISSED
    rule = SearchRule.objects.latest("pk")
    taken = mia.post(f"{RULES}add/", {**typed, "words": "melk\nmilch\n<b>"}).content.decode()
    way = f"{RULES}{rule.pk}/change/?words=milch%0A%3Cb%3E"
    assert way in taken
    assert "<b>" not in taken
    form = mia.get(way).content.decode()
    assert "lechelo\nmelk\nmilch\n&lt;b&gt;" in form
    other = {**typed, "kind": "NOT_SOLD", "words": "melk\nלחם"}
    assert way.split("?")[0] in mia.post(f"{RULES}add/", other).content.decode()
    mia.post(way, {**typed, "words": "lechelo\nmelk\nmilch"})
    assert {word.text for word in rule.words.all()} == {"lechelo", "melk", "milch"}

"""Rules that managers edit, what people searched for, and why a text finds what it finds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from audit.models import AuditEntry
from catalog import selectors
from catalog.models import Category, Product
from core import clock
from core.errors import NotFound
from search import documents, querylog, services
from search.errors import SearchRuleExists
from search.models import SearchQueryLog, SearchRule, SearchRuleWord
from search.services import RuleData
from tests.api_client import refusal
from tests.races import codes, race

RULES = "/admin/search/rules"


def skus(q: str) -> list[str]:
    return [item.sku for item in selectors.listing(q=q, limit=5, offset=0).items]


def test_a_missed_text_becomes_a_synonym_that_the_next_shopper_finds(shop: Any, api: Any) -> None:
    mia, shopper = api(shop.manager()), Client(headers={"Accept-Language": "he"})
    milk = Product.objects.get(name_he="חלב טרי")
    for _ in range(3):
        assert shopper.get("/search/", {"q": "Lechelo  "}).status_code == 200
    assert api().get("/products/search?q=lechelo").json()["pagination"]["total"] == 0
    api().get("/products/search?q=lechelo&onSale=true")  # a filter: not counted
    api().get("/products/search?q=lechelo&offset=50")
    api().get("/products/autocomplete?q=lechelo")
    for private in ("dana@mami.test", "0501234567", "12345678901"):
        shopper.get("/search/", {"q": private})
    querylog.flush()
    rows = mia.get("/admin/search/queries").json()["data"]
    assert [(row["text"], row["searches"], row["status"], row["rule_id"]) for row in rows] == [
        ("lechelo", 4, "NOTHING", None)
    ]
    page = mia_page(shop, "/admin/search/searchquerylog/")
    assert "lechelo" in page
    assert "/admin/search/searchrule/add/?words=lechelo" in page
    made = mia.post(RULES, {"kind": "SAME", "words": ["חלב", "Lechelo"]})
    assert made.status_code == 201, made.content
    rule = made.json()["data"]
    assert (rule["words"], rule["source"], rule["finds"]) == (["חלב", "Lechelo"], "MANAGER", None)
    assert skus("lechelo") == [milk.sku]
    assert mia.get("/admin/search/queries").json()["data"] == []
    (row,) = mia.get("/admin/search/queries?show=all").json()["data"]
    assert row["rule_id"] == rule["id"]
    told = mia.get("/admin/search/explain?q=lechelo").json()["data"]
    assert told["words"] == [{"typed": "lechelo", "used": "lechelo", "how": "RULE"}]
    (first,) = told["top"]
    assert first["sku"] == milk.sku
    assert len(first["order"]) == 9
    assert first["order"][2:4] == [3, 1]
    assert first["order"][8] == milk.pk
    assert mia.delete(f"{RULES}/{rule['id']}").status_code == 204
    assert skus("lechelo") == []
    assert mia.patch(f"{RULES}/{rule['id']}", {"is_active": True}).json()["data"]["is_active"]
    assert skus("lechelo") == [milk.sku]
    trail = AuditEntry.objects.filter(entity_type="search_rule", entity_id=rule["id"])
    actions = list(trail.order_by("id").values_list("action", flat=True))
    assert actions == ["CREATE", "DEACTIVATE", "ACTIVATE"]


def mia_page(shop: Any, path: str) -> str:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(shop.manager())
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_refusals_change_nothing(shop: Any, api: Any) -> None:
    mia = api(shop.manager())
    SearchRule.objects.all().delete()
    good = mia.post(RULES, {"kind": "SAME", "words": ["קפה נמס", "nes"]}).json()["data"]
    details = refusal(
        mia.post(RULES, {"kind": "NOT_SOLD", "words": ["NES"]}), 409, "SEARCH_RULE_EXISTS"
    )
    assert details == {"word": "NES", "rule_id": good["id"]}
    for body, field in (
        ({"kind": "SAME", "words": []}, "words"),
        ({"kind": "SAME", "words": ["one"]}, "words"),
        ({"kind": "SAME", "words": ["one", "One"]}, "words"),
        ({"kind": "NOT_SOLD", "words": ["a b c d e"]}, "words"),
        ({"kind": "NOT_SOLD", "words": ["x" * 61]}, "words"),
        ({"kind": "NOT_SOLD", "words": ["!!!"]}, "words"),
        ({"kind": "NOT_SOLD", "words": [f"w{n}" for n in range(51)]}, "words"),
        ({"kind": "INSTEAD", "words": ["nutella"]}, "replacement"),
        ({"kind": "GUIDE", "words": ["picnic"]}, "category_ids"),
        ({"kind": "GUIDE", "words": ["picnic"], "category_ids": [10**9]}, "category_ids"),
        ({"kind": "PHRASE", "words": ["apple"]}, "words"),
        ({"kind": "OTHER", "words": ["apple"]}, "kind"),
    ):
        assert field in refusal(mia.post(RULES, body), 400, "VALIDATION_ERROR")["fields"], body
    assert SearchRule.objects.count() == 1
    assert list(SearchRuleWord.objects.values_list("text", flat=True)) == ["קפה נמס", "nes"]
    refusal(mia.patch(f"{RULES}/{10**9}", {"words": ["a", "b"]}), 404, "NOT_FOUND")
    refusal(mia.get("/admin/search/queries?show=other"), 400, "VALIDATION_ERROR")
    refusal(mia.post("/admin/search/queries/dismiss", {"text": "never"}), 404, "NOT_FOUND")
    refusal(api().get(RULES), 401, "NOT_AUTHENTICATED")
    with pytest.raises(NotFound):
        services.deactivate_rule(actor=None, rule_id=10**9)


def test_a_dismissed_text_is_open_no_more(shop: Any, api: Any) -> None:
    mia = api(shop.manager())
    api().get("/products/search?q=qwzxkvj")
    querylog.flush()
    api().get("/products/search?q=QWZXKVJ")
    querylog.flush()
    assert SearchQueryLog.objects.get().searches == 2
    assert mia.post("/admin/search/queries/dismiss", {"text": "qwzxkvj"}).status_code == 204
    assert mia.get("/admin/search/queries").json()["data"] == []
    assert len(mia.get("/admin/search/queries?show=NOTHING").json()["data"]) == 1


def test_other_kinds_hold_at_once_and_popularity_orders(shop: Any, api: Any) -> None:
    shelf = Category.objects.filter(is_open=True).order_by("pk").first()
    assert shelf is not None
    for kind, words, more in (
        ("NOT_SOLD", ["drone"], {"category_ids": (shelf.pk,)}),
        ("INSTEAD", ["zumba"], {"replacement": "חלב"}),
        ("GUIDE", ["garden party"], {"category_ids": (shelf.pk,)}),
    ):
        services.create_rule(actor=None, data=RuleData(kind=kind, words=tuple(words), **more))
        understood = selectors.listing(q=words[0], limit=5, offset=0).understood
        assert understood is not None
        assert understood.status == kind
    first, second = Product.objects.order_by("pk")[:2]
    for product in (first, second):
        changes = {"name_he": "אבוקדו", "name_en": "Avocado", "price": Decimal("5.00")}
        Product.objects.filter(pk=product.pk).update(**changes, category=first.category_id)
    documents.rebuild()
    assert services.set_popularity(steps={second.pk: 7}) == 1
    assert services.set_popularity(steps={second.pk: 7}) == 0
    found = [item.pk for item in selectors.listing(q="אבוקדו", limit=5, offset=0).items]
    assert found == [second.pk, first.pk]
    services.set_popularity(steps={})
    found = [item.pk for item in selectors.listing(q="אבוקדו", limit=5, offset=0).items]
    assert found == [first.pk, second.pk]


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_with_one_word_one_is_refused() -> None:
    def make(word: str) -> Any:
        data = RuleData(kind="NOT_SOLD", words=(word,))
        return lambda: services.create_rule(actor=None, data=data)

    assert sorted(codes(race([make("drone"), make("Drone")]))) == ["SEARCH_RULE_EXISTS", "ok"]
    assert SearchRuleWord.objects.filter(is_active=True).count() == 1
    assert SearchRule.objects.count() == 1  # the refused one is wholly gone
    assert SearchRuleExists.status == 409
    assert sorted(codes(race([make("kite"), make("glider")]))) == ["ok", "ok"]
    with without_the_constraint():  # what two managers would do to one another
        assert codes(race([make("yoyo"), make("Yoyo")])) == ["ok", "ok"]
        assert SearchRuleWord.objects.filter(key="yoyo", is_active=True).count() == 2


@contextmanager
def without_the_constraint() -> Iterator[None]:
    (constraint,) = SearchRuleWord._meta.constraints
    with connection.schema_editor() as editor:
        editor.remove_constraint(SearchRuleWord, constraint)
    try:
        yield
    finally:
        SearchRuleWord.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(SearchRuleWord, constraint)


def test_nobody_walks_a_text_to_its_end(shop: Any, api: Any) -> None:
    path = "/products/search?limit=24&q=%D7%97%D7%9C%D7%91"
    for offset, total in ((0, 1), (10_000, 1)):
        page = api().get(f"{path}&offset={offset}").json()
        assert page["pagination"]["total"] == total
        assert bool(page["data"]) == (not offset)
    fields = refusal(api().get(f"{path}&offset=10001"), 400, "VALIDATION_ERROR")["fields"]
    assert list(fields) == ["offset"]
    assert api().get("/products/search?offset=20000").json()["data"] == []  # a shelf, not a text
    assert "חלב טרי" in Client().get("/search/?q=חלב&page=9999").content.decode()


def test_what_many_searched_for_is_offered_while_typing(shop: Any) -> None:
    shopper = Client(headers={"Accept-Language": "he"})
    for text, times in (("חלב טרי", 5), ("חלבה", 4), ("חלב qwzxkvj2", 1)):
        for _ in range(times):
            shopper.get("/search/", {"q": text})
    querylog.flush()
    page = shopper.get("/search/suggest/", {"q": "חל"}).content.decode()
    assert 'id="s-t1"' in page
    assert 'id="s-t2"' not in page
    old = clock.now() + dt.timedelta(days=querylog.KEPT_DAYS + 1)
    assert querylog.forget_old(now=clock.now()) == 0
    assert querylog.forget_old(now=old) == 3

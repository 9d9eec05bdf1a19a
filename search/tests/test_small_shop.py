"""What a small shop answers: single letters, codes, descriptions, what nothing on sale has any more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog import selectors, services
from catalog.search_port import SearchQuery, SearchStatus
from catalog.selectors import ShelfPage
from catalog.tests import factories
from runtime.run.tests.conftest import until
from search import documents, querylog
from search import services as services_of_rules
from search.models import SearchQueryLog
from search.services import RuleData
from search.vocabulary import corrections
from tests.races import longest


def found(q: str, **asked: Any) -> ShelfPage[Any]:
    return selectors.listing(q=q, **{"limit": 10, "offset": 0, **asked})


def understood(q: str, **asked: Any) -> SearchQuery:
    query = found(q, **asked).understood
    assert query is not None
    return query


def names(q: str, **asked: Any) -> list[str]:
    return [item.name for item in found(q, **asked).items]


def test_one_letter_is_only_ever_that_whole_word(shop: Any) -> None:
    for size in ("L", "M", "Large"):
        factories.product(name_he=f"ביצים {size}", name_en=f"Eggs {size}")
    documents.rebuild()
    assert names("ביצים L")[0] == "ביצים L"
    typed = {text: len(selectors.suggestions(q=text).products) for text in ("eggs l", "eggs la")}
    assert typed == {"eggs l": 1, "eggs la": 1}
    assert selectors.suggestions(q="ביצים ל").products == []
    assert selectors.suggestions(q="ח").products == []
    assert (found("ח").total, understood("ח").status) == (0, SearchStatus.NOTHING)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("כפה", "קפה"),
        ("קפא", "קפה"),
        ("שלה", ""),  # another letter
        ("הלב", ""),
        ("קלב", ""),  # כ sounds like ק and like ח, which do not sound alike
        ("קפ", ""),
        ("חלבב", "חלב"),
        ("שוקולט", "שוקולד"),
        ("סוקולאד", "שוקולד"),
        ("טוקולד", ""),
        ("chocolat", "chocolate"),
        ("chokolat", "chocolate"),
        ("chikolad", ""),  # four letters
        ("схоколад", ""),  # another script
    ],
)
def test_corrections_keep_to_the_table(shop: Any, typed: str, meant: str) -> None:
    for he, en in (("קפה", "Coffee"), ("חלה", "Challah"), ("שוקולד", "Chocolate")):
        factories.product(name_he=he, name_en=en)
    documents.rebuild()
    assert corrections(typed)[:1] == ([meant] if meant else [])


def test_descriptions_are_asked_last_and_beside_a_known_word(shop: Any) -> None:
    factories.product(
        name_he="חלב עשיר", name_en="Rich milk", description_he="קפוצינו נהדר של בוקר"
    )
    documents.rebuild()
    assert names("חלב קפוצינו") == ["חלב עשיר"]
    assert understood("חלב קפוצינו").status == SearchStatus.FOUND
    for text in ("קפוצינו", "קפוצ חלבה"):
        assert found(text).total == 0, text
    assert understood("חלב קפוצ").status == SearchStatus.LOOSENED  # no beginnings of descriptions
    assert understood("חלב של קפוצינו qwzxkvj").left_out == ("קפוצינו", "qwzxkvj")


def test_the_first_eight_words_count(shop: Any) -> None:
    assert names("חלב טרי " + "qwzxkvj " * 6 + "לחם") == ["חלב טרי"]
    assert names("חלב " + "qwzxkvj " * 48) == ["חלב טרי"]


def test_a_barcode_in_any_spelling_and_a_label_of_the_scale(shop: Any) -> None:
    code = "036000291452"
    factories.product(name_he="מיובא", name_en="Imported", barcode=code, gtin14=f"00{code}")
    factories.product(
        name_he="עגבניות", name_en="Tomatoes", barcode="2101001000001", gtin14="02101001000001",
        **factories.WEIGHED,
    )  # fmt: skip
    documents.rebuild()
    for typed in (code, f"0{code}", f"{code[:3]} {code[3:7]}-{code[7:]}", f"00{code}"):
        assert names(typed) == ["מיובא"], typed
    query = understood("2101001012509")
    assert (query.status, query.weight_kg) == (SearchStatus.FOUND, Decimal("1.250"))
    for typed in ("2101001012508", "7290000066318", "12345678"):
        assert (found(typed).total, understood(typed).status) == (0, SearchStatus.NOTHING), typed


def test_a_percent_is_left_out_as_it_was_typed(shop: Any) -> None:
    for typed, piece in (("חלב 7 אחוז", "7 אחוז"), ("חלב7%", "7%"), ("חלב 7 percent", "7 percent")):
        query = understood(typed)
        assert (query.status, query.left_out) == (SearchStatus.LOOSENED, (piece,)), typed
    assert understood("חלב 9 ליטרים").left_out == ("9 ליטרים",)


def test_what_nothing_on_sale_has_any_more_is_not_found(shop: Any) -> None:
    """Labels are known until the night, and so is what they were about."""
    made = factories.product(name_he="קינואה", name_en="Quinoa", barcode="7290000000015")
    documents.rebuild()
    for text in ("קינואה", "קינווה", "quinoa"):
        assert found(text).total == 1
    assert understood("קינואה", on_sale=True).status == SearchStatus.FOUND  # a filter empties it
    services.update_product(actor=None, product_id=made.pk, changes={"is_active": False})
    for text in ("קינואה", "קינווה", "quinoa", "7290000000015"):
        for asked in ({}, {"on_sale": True}, {"sort": "price"}):
            assert understood(text, **asked).status == SearchStatus.NOTHING, (text, asked)
            assert selectors.shelf(q=text, **asked).understood == understood(text, **asked)


def test_departments_are_counted_as_if_none_were_chosen(shop: Any) -> None:
    other = factories.category(name_he="אפייה", name_en="Bakery")
    below = factories.category(name_en="Cakes", parent=other)
    factories.product(category=below, name_he="עוגת חלב", name_en="Milk cake")
    documents.rebuild()
    for asked in ({}, {"category_id": other.pk}, {"category_id": below.pk, "sort": "price"}):
        facets = found("חלב", **asked).facets
        counts = {facet.pk: facet.count for facet in facets.departments}
        assert counts == {shop.category.pk: 1, other.pk: 1}, asked
    page = Client(headers={"Accept-Language": "en"}).get(
        "/search/", {"q": "חלב", "categoryId": other.pk}
    )
    text = page.content.decode()
    assert "Milk cake" in text
    assert "חלב טרי" not in text
    assert f'id="department-{shop.category.pk}"' in text
    assert "Remove the filter Bakery" in text
    assert Client().get("/search/", {"q": "חלב", "categoryId": 10**9}).status_code == 200


def test_rules_are_meant_behind_prefix_letters(shop: Any) -> None:
    for kind, words in (("SAME", ("גבינה לבנה", "gvina")), ("PHRASE", ("תפוחי אדמה",))):
        services_of_rules.create_rule(actor=None, data=RuleData(kind=kind, words=words))
    for name in ("גבינה לבנה", "שלט לבן", "תפוחים", "תפוחי אדמה"):
        factories.product(name_he=name, name_en=name)
    documents.rebuild()
    assert names("מהגבינה הלבנה") == names("gvina") == ["גבינה לבנה"]
    assert names("איפה תפוחי האדמה") == ["תפוחי אדמה"]
    assert names("תפוחים")[0] == "תפוחים"


def test_instead_keeps_the_kind_and_the_size(shop: Any) -> None:
    data = RuleData(kind="INSTEAD", words=("tropicana",), replacement="מיץ")
    services_of_rules.create_rule(actor=None, data=data)
    for name in ("מיץ תפוזים 1 ליטר", "מיץ ענבים 2 ליטר"):
        factories.product(name_he=name, name_en=name)
    documents.rebuild()
    for text, shown, first in (
        ("tropicana", "מיץ", "מיץ תפוזים 1 ליטר"),
        ("tropicana ענבים", "מיץ ענבים", "מיץ ענבים 2 ליטר"),
        ("tropicana 2 ליטר", "מיץ", "מיץ ענבים 2 ליטר"),
        ("tropicana qwzxkvj", "מיץ", "מיץ תפוזים 1 ליטר"),
        ("tropicana לחם", "מיץ", "מיץ תפוזים 1 ליטר"),
    ):
        query = understood(text)
        assert (query.status, query.shown_for) == (SearchStatus.INSTEAD, shown), text
        assert names(text)[0] == first, text


def test_a_pack_is_not_what_is_in_it(shop: Any) -> None:
    for he, en in (("תה ירוק", "Green tea"), ("שקיות אשפה", "Bin bags")):
        factories.product(name_he=he, name_en=en)
    documents.rebuild()
    for text, first in (
        ("שקית תה", "תה ירוק"),
        ("tea bags", "תה ירוק"),
        ("שקיות אשפה", "שקיות אשפה"),
        ("bin bags", "שקיות אשפה"),
    ):
        assert names(text)[0] == first, text


@pytest.mark.django_db(transaction=True)
def test_what_people_asked_is_written_though_nobody_comes_after(settings: Any) -> None:
    querylog.flush()  # what other tests left waiting, with its timer
    settings.SEARCH_LOG_SECONDS = 0.1
    querylog.note(SearchQuery(text="qwzxkvj", status=SearchStatus.NOTHING), 0)
    until(SearchQueryLog.objects.filter(text="qwzxkvj").exists, seconds=longest())

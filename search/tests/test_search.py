"""Words: how texts become them, and what people's words find in the demo catalogue."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import selectors
from catalog.search_port import SearchStatus
from search.words import edits, normalise, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("גבינת קוטג׳ 5%", ["גבינת", "קוטג", "5", "%"]),
        ("גבינת קוטג' 5%", ["גבינת", "קוטג", "5", "%"]),
        ("ק״ג", ["קג"]),
        ('ק"ג', ["קג"]),
        ("תל־אביב", ["תל", "אביב"]),
        ("שָׁלוֹם", ["שלומ"]),
        ("Crème Fraîche", ["creme", "fraiche"]),
        ("1.5 ליטר", ["1.5", "ליטר"]),
        ("MIL-0012", ["mil", "0012"]),
        ("חלב3%", ["חלב", "3", "%"]),
        ("ח\u200bלב", ["חלב"]),
        ("חלווה", ["חלוה"]),
        ("молоко ёж", ["молоко", "еж"]),
        ("\u200fחלב\u200e", ["חלב"]),
        ("!!! ***", []),
        ("", []),
    ],
)
def test_texts_become_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert tokens(" ".join(tokens(text))) == tokens(text)
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("חלב", "חלב", 0),
        ("יוגורת", "יוגורט", 1),
        ("חבל", "חלב", 1),
        ("", "אב", 2),
        ("milk", "silky", 2),
    ],
)
def test_edits(a: str, b: str, distance: int) -> None:
    assert edits(a, b) == distance
    assert edits(b, a) == distance


def found(q: str, limit: int = 5) -> list[str]:
    return [product.name_he for product in selectors.shelf(q=q, limit=limit).items]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("חלב", "חלב"),  # not halva, not protein yogurt
        ("milk", "חלב"),
        ("והחלב", "חלב"),  # prefix letters
        ("יוגורת", "יוגורט"),  # a letter wrong
        ("יוגרט", "יוגורט"),  # a letter left out
        ("עגבנייה", "עגבני"),  # one of many
        ("גבינ", "גבינ"),  # still typing
        ("גבינה צהובה", "גבינה צהובה"),
        ("jkc", "חלב"),  # typed with the English keyboard
        ("בננות", "בננות"),
        ("ביצים", "ביצים"),
        ("eggs", "ביצים"),
        ("פיצה", "גבינה צהובה מגורדת לפיצה"),  # the label says "for pizza"
        ("שקיות זבל", "שקיות אשפה"),  # two words for one thing
        ("diapers", "חיתולים"),
        ("נסקפה", "קפה נמס"),
    ],
)
def test_what_people_type_finds_what_they_mean(demo_shop: None, q: str, first: str) -> None:
    assert found(q)
    assert found(q)[0].startswith(first)


def test_a_correction_is_told(demo_shop: None) -> None:
    corrected = selectors.shelf(q="יוגורת").understood
    assert (corrected.status, corrected.shown_for) == (SearchStatus.CORRECTED, "יוגורט")
    right = selectors.shelf(q="יוגורט").understood
    assert (right.status, right.shown_for) == (SearchStatus.FOUND, "")


@pytest.mark.parametrize("q", ["KAD VAKAF", "כד וכף"])
def test_brands_are_found_in_both_languages(demo_shop: None, q: str) -> None:
    brands = {product.brand.slug for product in selectors.shelf(q=q).items if product.brand}
    assert "kad-vakaf" in brands


def test_sku_and_barcode_find_their_product(demo_shop: None) -> None:
    product = selectors.shelf(q="MIL-0001").items[0]
    assert product.sku == "MIL-0001"
    assert product.barcode
    page = selectors.shelf(q=product.barcode)
    assert [item.pk for item in page.items] == [product.pk]


@pytest.mark.parametrize(
    "q", ["'", "a' | !b", ":*", "\\", "(((", "חלב & ", "%_%", "x" * 500, "\x1f"]
)
def test_no_text_breaks_the_query(demo_shop: None, q: str) -> None:
    selectors.shelf(q=q)
    selectors.suggestions(q=q)


def test_nonsense_finds_nothing(demo_shop: None) -> None:
    assert selectors.shelf(q="קשקושבלאבלא").total == 0


def test_suggestions_name_products_and_aisles(demo_shop: None) -> None:
    suggested = selectors.suggestions(q="גבינ")
    assert [category.slug for category in suggested.categories] == ["cheese"]
    assert len(suggested.products) == 6


@pytest.mark.parametrize(
    ("q", "never"),
    [("חלב", "חלבה"), ("חלב", "חלבון"), ("דג", "דגנים"), ("שום", "שומן"), ("שמנת", "שמן זית")],
)
def test_a_whole_word_is_not_the_beginning_of_another(demo_shop: None, q: str, never: str) -> None:
    names = " ".join(found(q, limit=200)).split()
    assert never not in names


def test_while_typing_it_may_be(demo_shop: None) -> None:
    names = [product.name_he for product in selectors.suggestions(q="שוק", limit=40).products]
    assert any("שוקולד" in name for name in names)


def test_what_was_left_out_is_told(demo_shop: None) -> None:
    loosened = selectors.shelf(q="חלב qwzxkvj")
    assert loosened.understood.status == SearchStatus.LOOSENED
    assert loosened.understood.left_out == ("qwzxkvj",)
    assert loosened.items[0].sku.startswith("MIL-")
    assert selectors.shelf(q="olive oil").understood.status == SearchStatus.FOUND
    filtered = selectors.shelf(q="olive oil", max_price=Decimal("0.01"))
    assert (filtered.understood.status, filtered.total) == (SearchStatus.FOUND, 0)

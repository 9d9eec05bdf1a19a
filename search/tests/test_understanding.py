"""What the shop understands: the worked examples, each status, and the list that measures it."""

from __future__ import annotations

import fnmatch
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from catalog import selectors
from catalog.models import Category
from catalog.search_port import SearchStatus
from catalog.searched import searched
from catalog.tests import factories
from search import documents
from search.models import RuleKind, SearchRule
from search.quality import measure, read_rows
from search.quantities import read_quantities
from search.words import tokens

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1.5L", ["ML:1500"]),
        ("1.5 L", ["ML:1500"]),
        ("1,5 ליטר", ["ML:1500"]),
        ("1500 מ״ל", ["ML:1500"]),
        ("ליטר וחצי", ["ML:1500"]),
        ("חצי קילו", ["G:500"]),
        ("500 גר׳", ["G:500"]),
        ("330ml", ["ML:330"]),
        ("6 × 330 מ״ל", ["ML:330"]),
        ("2 קילו", ["G:2000"]),
        ("12 יח׳", ["PIECE:12"]),
    ],
)
def test_all_spellings_of_a_size_are_one(text: str, keys: list[str]) -> None:
    assert [size.key for size in read_quantities(tokens(text)).sizes] == keys


def test_percents_and_numbers_are_told_apart() -> None:
    read = read_quantities(tokens("חלב 3% 18"))
    assert (read.percents, read.numbers, read.rest) == ((Decimal(3),), (Decimal(18),), ("חלב",))


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("שישיית מים", 6, ("מימ",)),
        ("טונה רביעייה", 4, ("טונה",)),
        ("six pack of beer", 6, ("of", "beer")),
        ("a dozen eggs", 12, ("a", "eggs")),
        ("six eggs", None, ("six", "eggs")),
    ],
)
def test_a_pack_is_a_number(text: str, number: int | None, rest: tuple[str, ...]) -> None:
    read = read_quantities(tokens(text))
    assert (read.numbers, read.rest) == (() if number is None else (Decimal(number),), rest)


@pytest.mark.parametrize(
    ("text", "first", "status"),
    [
        ("2 ליטר חלב", "MIL-0004", SearchStatus.FOUND),
        ("0%", "YOG-0018", SearchStatus.FOUND),
        ("נוטלה", "OIL-002?", SearchStatus.INSTEAD),
        ("טיטולים", "BAB-000?", SearchStatus.FOUND),
        ("אוכל לחתולים", "", SearchStatus.NOT_SOLD),
        ("dog food", "", SearchStatus.NOT_SOLD),
        ("מה יש לארוחת בוקר", "*", SearchStatus.GUIDE),
        ("חלב qwzxkvj", "MIL-*", SearchStatus.LOOSENED),
        ("שוקולט", "CHO-*", SearchStatus.CORRECTED),
        ("290-0400-000014", "MIL-0001", SearchStatus.FOUND),
        ("שישיית מים", "DRK-*", SearchStatus.FOUND),
        ("nutela", "OIL-002?", SearchStatus.INSTEAD),
        ("עוף כשר", "POU-*", SearchStatus.FOUND),
        ("בצל אדום", "VEG-*", SearchStatus.FOUND),
        ("תפוח ירוק", "FRU-*", SearchStatus.FOUND),
        ("2101001012509", "VEG-0001", SearchStatus.FOUND),
        ("MIL0001", "MIL-0001", SearchStatus.FOUND),
        ("🚗", "", SearchStatus.NOT_SOLD),
        ("qwzxkvj", "", SearchStatus.NOTHING),
        ("молоко", "MIL-*", SearchStatus.FOUND),
        ("حليب", "MIL-*", SearchStatus.FOUND),
        ("halav", "MIL-*", SearchStatus.FOUND),
        ("🥛", "MIL-*", SearchStatus.FOUND),
        ("במבא", "SNK-000?", SearchStatus.INSTEAD),
        ("ice cream", "YOG-002?", SearchStatus.FOUND),
        ("steak", "BEF-*", SearchStatus.FOUND),
    ],
)
def test_the_worked_examples(demo_shop: None, text: str, first: str, status: str) -> None:
    page = selectors.listing(q=text, limit=5, offset=0)
    assert page.understood.status == status
    assert fnmatch.fnmatch(page.items[0].sku if page.items else "", first)
    assert (page.total == 0) == (not page.items)


@pytest.mark.parametrize(
    "text", ["סיגריות", "מילקי", "קרח", "סוללות", "נוטלה", "פנטה", "סגריות", "מארלבורו"]
)
def test_what_is_not_sold_never_becomes_what_only_sounds_like_it(
    demo_shop: None, text: str
) -> None:
    understood = selectors.listing(q=text, limit=1, offset=0).understood
    assert understood.status in {SearchStatus.NOT_SOLD, SearchStatus.INSTEAD}


def test_one_size_is_one_list(demo_shop: None) -> None:
    lists = [
        [item.sku for item in selectors.listing(q=text, limit=20, offset=0).items]
        for text in ("1.5L", "1.5 L", "1,5 ליטר", "1500 מ״ל", "ליטר וחצי")
    ]
    assert lists[0]
    assert all(one == lists[0] for one in lists)


def test_a_diet_alone_is_its_filter(demo_shop: None) -> None:
    for text, tag in (
        ("ללא גלוטן", "gluten_free"),
        ("vegan", "vegan"),
        ("כשר לפסח", "kosher_passover"),
    ):
        asked = selectors.listing(q=text, limit=1, offset=0).total
        assert asked == selectors.listing(tags=[tag], limit=1, offset=0).total > 100


def test_without_an_allergen_is_its_filter(demo_shop: None) -> None:
    page = selectors.listing(q="שוקולד בלי אגוזים", limit=60, offset=0)
    assert page.understood.allergen_free == ("nuts",)
    assert page.items
    assert not [item for item in page.items if "nuts" in item.allergens]


def test_as_typed_takes_a_text_at_its_word(demo_shop: None) -> None:
    for text in ("שוקולט", "נוטלה", "jkc", "חלב qwzxkvj"):
        page = selectors.listing(q=text, as_typed=True, limit=5, offset=0)
        assert (page.understood.status, page.total) == (SearchStatus.NOTHING, 0), text
    assert selectors.listing(q="חלב", as_typed=True, limit=1, offset=0).total


def test_a_text_never_lists_the_whole_shop(demo_shop: None) -> None:
    whole = selectors.listing(limit=1, offset=0).total
    for text in ("%", "€", "a", "1", "🚲", "the", "בלי אגוזים"):
        assert selectors.listing(q=text, limit=1, offset=0).total < whole, text
    assert selectors.listing(q=" ... ", limit=1, offset=0).total == whole


def test_sold_out_keeps_its_place_before_what_only_tastes_of_it(demo_shop: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stock SET on_hand = reserved WHERE product_id ="
            " (SELECT id FROM catalog_product WHERE sku = 'FRU-0004')"
        )
    found = selectors.listing(q="בננה", limit=3, offset=0).items
    assert found[0].sku == "FRU-0004"
    assert found[1].sku.startswith("YOG-")


def test_a_label_beats_a_rule(demo_shop: None) -> None:
    from catalog.models import Product
    from search.documents import index_products

    assert selectors.listing(q="טופו", limit=1, offset=0).understood.status == SearchStatus.NOT_SOLD
    product = Product.objects.get(sku="BEF-0015")
    product.name_he = "טופו טבעי"
    product.save()
    index_products([product.pk])
    page = selectors.listing(q="טופו", limit=5, offset=0)
    assert (page.understood.status, [item.sku for item in page.items]) == ("FOUND", ["BEF-0015"])


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_status_says_something(demo_shop: None, language: str) -> None:
    with translation.override(language):
        for text in ("dog food", "qwzxkvj", "breakfast", "nutella", "chese", "milk qwzxkvj"):
            told = searched(selectors.listing(q=text, limit=1, offset=0))
            assert told is not None
            assert text in told.message
        told = searched(selectors.listing(q="milk", limit=1, offset=0))
        assert told is not None
        assert told.message == ""


def test_the_seed_is_wide(demo_shop: None) -> None:
    counted = {kind: SearchRule.objects.filter(kind=kind) for kind in RuleKind}
    assert counted[RuleKind.SAME].count() >= 120
    assert counted[RuleKind.PHRASE].count() >= 25
    assert counted[RuleKind.GUIDE].count() >= 12
    assert sum(rule.words.count() for rule in counted[RuleKind.INSTEAD]) >= 90
    assert counted[RuleKind.NOT_SOLD].count() >= 14
    assert sum(rule.words.count() for rule in counted[RuleKind.NOT_SOLD]) >= 150
    for rule in counted[RuleKind.INSTEAD]:
        page = selectors.listing(q=rule.replacement, limit=1, offset=0)
        assert page.understood.status == SearchStatus.FOUND, rule.replacement


@pytest.mark.parametrize(
    ("name", "rows", "absurd"),
    [
        ("queries.jsonl", 146, 0.02),
        ("queries_more.jsonl", 56, 0.02),
        ("queries_typed.jsonl", 125, 0.02),
        # Written without a look at answers: what they got at first sight is in docs/search.md.
        ("queries_asked.jsonl", 106, 0.02),
        ("queries_fresh.jsonl", 132, 0.02),
        ("queries_sixth.jsonl", 286, 0.02),
    ],
)
def test_the_lists_of_queries_are_answered_as_a_grocer_would(
    demo_shop: None, name: str, rows: int, absurd: float
) -> None:
    report = measure(read_rows(Path(__file__).with_name(name)))
    told = "\n".join(report.failures)
    assert report.rows >= rows
    assert report.recall_share >= 0.95, told
    assert report.first_share >= 0.85, told
    assert report.absurd_share <= absurd, told
    for kind, count in report.kinds.items():
        if count >= 4:
            assert report.failed_kinds[kind] <= 0.3 * count, told


@pytest.mark.parametrize(
    ("text", "language", "first", "left_out"),
    [
        ("חיתולים מידה 4", "he", "BAB-0003", ()),  # and not those for 4 to 9 kg
        ("diapers size 3", "en", "BAB-0002", ()),
        ("תחליף חלב שלב 2", "he", "BAB-0010", ()),
        ("ספגטי מספר 5", "he", "PAS-0001", ()),
        ("סלט חומוס", "he", "DEL-0002", ("סלט",)),  # hummus, and not any other salad
        ("hummus salad", "en", "DEL-0002", ()),
        ("כדורים למדיח", "he", "CLN-0008", ()),
        (
            "lehem shahor",
            "en",
            "BRD-0001",
            ("shahor",),
        ),  # Hebrew in Latin letters begins with the thing
        ("gvina yrkt", "en", "CHE-0001", ("yrkt",)),
        ("خبز xqzt", "he", "BRD-0001", ("xqzt",)),
    ],
)
def test_the_thing_meant_comes_first(
    demo_shop: None, text: str, language: str, first: str, left_out: tuple[str, ...]
) -> None:
    with translation.override(language):
        page = selectors.listing(q=text, limit=5, offset=0)
    assert page.items[0].sku == first, [item.sku for item in page.items]
    assert page.understood.left_out == left_out


def test_an_unknown_main_word_still_finds_nothing(demo_shop: None) -> None:
    for text in ("milk qwzxkvj", "cheese qwzxkvj", "banana qwzxkvj"):
        assert selectors.listing(q=text, limit=1, offset=0).total == 0, text


def test_facets_of_departments_and_allergens_count_what_a_click_would_give(demo_shop: None) -> None:
    page = selectors.listing(q="שוקולד", limit=1, offset=0)
    free = {facet.value: facet.count for facet in page.facets.allergen_free}
    assert free
    for value, count in free.items():
        asked = selectors.listing(q="שוקולד", allergen_free=[value], limit=1, offset=0)
        assert asked.total == count < page.total
    for facet in page.facets.departments:
        assert (
            selectors.listing(q="שוקולד", category_id=facet.pk, limit=1, offset=0).total
            == facet.count
        )
    both = list(free)[:2]
    narrowed = selectors.listing(q="שוקולד", allergen_free=both, limit=60, offset=0)
    assert not [item for item in narrowed.items if set(both) & set(item.allergens)]
    chosen = {facet.value: facet.count for facet in narrowed.facets.allergen_free}
    assert all(chosen[value] == narrowed.total for value in both)


def test_what_is_not_sold_is_sold_once_a_label_is_about_it(demo_shop: None) -> None:
    for text in ("מלון", "מלונים", "melon"):
        assert selectors.listing(q=text, limit=1, offset=0).total == 0
    fruit = Category.objects.get(slug="fruit")
    melon = factories.product(category=fruit, name_he="מלון גליה", name_en="Galia melon")
    documents.index_products([melon.pk])
    for text in ("מלון", "מלונים", "melon", "melons"):
        page = selectors.listing(q=text, limit=5, offset=0)
        assert [item.pk for item in page.items] == [melon.pk], text


def test_while_typing_nothing_is_left_out(demo_shop: None) -> None:
    assert selectors.suggestions(q="חלב טרי").products
    assert selectors.suggestions(q="חלב Qwzxkvj").products == []
    assert selectors.listing(q="חלב Qwzxkvj", limit=1, offset=0).total


def test_what_was_left_out_is_named_as_typed(demo_shop: None) -> None:
    for text, piece in (("חלב QwZxkvj!", "QwZxkvj!"), ("חָלָב קְוְזְקְשְׁךְ טרי", "קְוְזְקְשְׁךְ")):
        understood = selectors.listing(q=text, limit=1, offset=0).understood
        assert understood is not None
        assert (understood.status, understood.left_out) == (SearchStatus.LOOSENED, (piece,))


def test_who_is_named_so_comes_first(demo_shop: None) -> None:
    for text, tag in (("ללא גלוטן", "gluten_free"), ("gluten free", "gluten_free")):
        page = selectors.listing(q=text, limit=3, offset=0)
        assert page.total == selectors.listing(tags=[tag], limit=1, offset=0).total
        with translation.override("he"):
            names = [item.name for item in selectors.listing(q=text, limit=3, offset=0).items]
        assert all("ללא גלוטן" in name or "נטול גלוטן" in name for name in names), names


def test_numbers_of_a_name_and_single_letters(demo_shop: None) -> None:
    assert selectors.listing(q="6x330", limit=5, offset=0).total == 4
    assert selectors.listing(q="yogurt 0", limit=1, offset=0).items[0].sku == "YOG-0018"
    assert selectors.listing(q="ל׳ 2", limit=1, offset=0).total == 0

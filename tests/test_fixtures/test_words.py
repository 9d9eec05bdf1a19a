"""Both languages of the demo catalogue, and the branches."""

import re

import phonenumbers
import pytest

from .catalogue import (
    BRANCHES,
    BRANDS,
    DEPARTMENTS,
    PRODUCTS,
    duplicates,
    offenders,
)

HEBREW = re.compile(r"[\u05d0-\u05ea]")
LATIN = re.compile(r"[A-Za-z]")
# Sizes of eggs and the sun protection factor are written in Latin letters in Hebrew too.
LATIN_IN_HEBREW = re.compile(r"\b(XL|L|M|SPF)\b")
STRAIGHT_QUOTES = re.compile(r"[\"'`]")


# --- Language ---


def language_problems(hebrew, english):
    if not hebrew.strip() or not english.strip():
        return "empty"
    if not HEBREW.search(hebrew) or LATIN.search(LATIN_IN_HEBREW.sub("", hebrew)):
        return "not Hebrew"
    if HEBREW.search(english) or not LATIN.search(english):
        return "not English"
    if STRAIGHT_QUOTES.search(hebrew) or STRAIGHT_QUOTES.search(english):
        return "straight quotes"
    if "  " in hebrew + english or hebrew != hebrew.strip() or english != english.strip():
        return "spaces"
    if "!" in hebrew + english:
        return "exclamation mark"
    return None


@pytest.mark.parametrize("part", ["name", "description"])
def test_both_languages_are_there_in_their_own_script(part):
    found = {
        p["sku"]: language_problems(p[f"{part}_he"], p[f"{part}_en"])
        for p in PRODUCTS
        if language_problems(p[f"{part}_he"], p[f"{part}_en"])
    }
    assert found == {}


def test_names_of_everything_else_are_in_their_own_script():
    entries = DEPARTMENTS + [c for d in DEPARTMENTS for c in d["categories"]] + BRANDS + BRANCHES
    assert [e for e in entries if language_problems(e["name_he"], e["name_en"])] == []
    for branch in BRANCHES:
        for part in ("address", "city"):
            assert language_problems(branch[f"{part}_he"], branch[f"{part}_en"]) is None


def test_hebrew_does_not_end_a_word_with_a_letter_that_has_a_final_form():
    ordinary = re.compile(r"(?<!״)[כמנצ](?=[\s.,:;?)]|$)")
    final = re.compile(r"[ךםןףץ](?=[\u05d0-\u05ea])")
    for part in ("name_he", "description_he"):
        assert offenders(lambda p, c=part: ordinary.search(p[c]) or final.search(p[c])) == []


def test_lengths_fit_a_card_and_a_page():
    assert offenders(lambda p: max(len(p["name_he"]), len(p["name_en"])) > 48) == []
    for part in ("description_he", "description_en"):
        assert offenders(lambda p, c=part: not 15 <= len(p[c]) <= 160) == []
        assert offenders(lambda p, c=part: not p[c].endswith((".", "?"))) == []


# --- Branches ---


def test_one_warehouse_and_four_shops():
    assert len(BRANCHES) == 5
    assert [b["code"] for b in BRANCHES if b["is_delivery_source"]] == ["warehouse"]
    assert BRANCHES[0]["name_en"] == "The Warehouse"
    for key in ("code", "name_he", "name_en", "address_he", "address_en", "phone"):
        assert duplicates(branch[key] for branch in BRANCHES) == []


def test_branch_phones_are_valid():
    for branch in BRANCHES:
        assert phonenumbers.is_valid_number(phonenumbers.parse(branch["phone"], "IL")), branch


def test_opening_hours_are_ordered_and_closed_on_saturday():
    for branch in BRANCHES:
        hours = branch["opening_hours"]
        assert set(hours) == set("012345")
        for opens, closes in hours.values():
            assert re.fullmatch(r"\d{2}:\d{2}", opens)
            assert re.fullmatch(r"\d{2}:\d{2}", closes)
            assert opens < closes
        assert hours["5"][1] < hours["4"][1]

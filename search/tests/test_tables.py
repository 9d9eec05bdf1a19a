"""The tables of the language are wide, not fitted to a list: counted by script, without a database."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.conf import settings

from catalog.choices import DietaryTag
from search.lexicon import CARRYING, DIETS
from search.words import TOKENS, is_hebrew, is_latin

SCRIPTS = {"hebrew": "א-ת", "latin": "a-z", "arabic": "\u0621-\u064a", "russian": "а-яё"}
STAPLES = (
    "חלב לחם ביצים גבינה חמאה סוכר מלח קמח אורז שמן מים קפה תה תפוח בננה עגבניה מלפפון תפוד בצל לימון"
    " עוף בשר דג יוגורט שמנת דבש מיץ בירה יין גזר שום פלפל חסה כרוב כרובית חציל קישוא פטריות פטרוזיליה"
    " תפוז ענבים אבטיח תות אגס אפרסק אבוקדו רימון תירס בקר הודו סלמון טונה חומוס טחינה זיתים שוקולד"
    " סלק עוגיות ריבה שקדים אגוזים עדשים"
).split()


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    path = settings.BASE_DIR / "fixtures" / "search_rules.json"
    return list(json.loads(path.read_text(encoding="utf-8")))


def written(words: list[str], script: str) -> list[str]:
    return [word for word in words if re.search(f"[{SCRIPTS[script]}]", word.lower())]


def test_staples_are_known_in_every_script(rules: list[dict[str, Any]]) -> None:
    """In Arabic, in Russian, and in Latin letters in two ways at least, English or Hebrew."""
    same = {
        word: rule["words"] for rule in rules if rule["kind"] == "SAME" for word in rule["words"]
    }
    assert len(STAPLES) >= 60
    lacking = {
        staple: script
        for staple in STAPLES
        for script, least in (("arabic", 1), ("russian", 1), ("latin", 2))
        if len(written(same.get(staple, []), script)) < least
    }
    assert lacking == {}
    for word in ("bamba", "bisli", "shoko", "tehina"):
        assert any(word in rule["words"] for rule in rules), word


def test_texts_are_of_one_script_and_stand_once(rules: list[dict[str, Any]]) -> None:
    texts = [word.lower() for rule in rules for word in rule["words"]]
    assert [text for text in set(texts) if texts.count(text) > 1] == []
    single = [text for text in texts if " " not in text]
    assert [text for text in single if sum(bool(written([text], s)) for s in SCRIPTS) > 1] == []


def test_enough_emoji_diets_and_carrying_words(rules: list[dict[str, Any]]) -> None:
    same = [word for rule in rules if rule["kind"] == "SAME" for word in rule["words"]]
    emoji = [word for word in same if TOKENS.fullmatch(word) and not word.isalpha()]
    assert len(set(emoji)) >= 40
    for tag in DietaryTag.values:
        spellings = [words for words, meant in DIETS.items() if meant == tag]
        assert sum(is_hebrew(words[0]) for words in spellings) >= 4, tag
        assert sum(is_latin(words[0]) for words in spellings) >= 4, tag
    assert sum(is_hebrew(words[0]) for words in CARRYING) >= 15
    assert sum(is_latin(words[0]) for words in CARRYING) >= 15

"""Names in the order of a dictionary."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from core.name_keys import name_key

ENGLISH = [
    "7 Up",
    "apple",
    "Apple juice",
    "éclair",
    "Éclair with cream",
    "egg",
    "Øl",
    "olive oil",
    "Zebra",
    "“Zest”",
]
HEBREW = ["7 אפ", "אבטיח", "׳אגוזים׳ מעורבים", "אֵגוֹזים קלויים", "חלב", "חלב-שקדים", "חָלָב תנובה", "ים", "ימים",
          "שמן זית", "״תות״ קפוא", "תפוז", "apple", "Zebra"]  # fmt: skip
MORE = [*ENGLISH, *HEBREW, "", "'", "Straße", "STRASSE", "Łódź", "a\u200bb", "a—b", "a b", "100%", "קפה & תה", "ﬁg",
        "Ａｐｐｌｅ", "Œuf", "ÆBLE", "İstanbul", "Ⅳ", "яблоко", "x\tz", "(sugar) free", "[new] tea", "C++", "a_b", "~tilde"]  # fmt: skip


@pytest.mark.parametrize(("names", "language"), [(ENGLISH, "en"), (HEBREW, "he")])
def test_the_order_of_a_dictionary(names, language):
    shuffled = random.Random(7).sample(names, len(names))
    assert sorted(shuffled, key=lambda name: name_key(name, language)) == names


def test_names_of_the_other_language_come_after():
    assert sorted(["Zebra", "אבטיח", "7 Up"], key=lambda n: name_key(n, "he")) == [
        "7 Up",
        "אבטיח",
        "Zebra",
    ]
    assert sorted(["Zebra", "אבטיח", "7 Up"], key=lambda n: name_key(n, "en")) == [
        "7 Up",
        "Zebra",
        "אבטיח",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["he", "en"])
def test_the_database_says_the_same(language):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, name_key(name, %s) FROM unnest(%s::text[]) AS names(name)",
            [language, MORE],
        )
        told = dict(cursor.fetchall())
    assert told == {name: name_key(name, language) for name in MORE}

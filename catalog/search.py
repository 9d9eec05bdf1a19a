"""Words of the catalogue and of those who look for them, in Hebrew and English.

Documents and queries are normalised here, once, by the same code; PostgreSQL then compares
plain words (`simple`). Corrections are tried only for a word that the catalogue does not know.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.db import connection

MAX_TOKENS = 8
MAX_WORD = 40
POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
DROPPED = re.compile("[\u05f3\u05f4'\"`´‘’“”\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad]")
WORDS = re.compile(r"\d+(?:\.\d+)?(?!\w)|[^\W_]+")
FINALS = str.maketrans("ךםןףץ", "כמנפצ")
PREFIXES = frozenset("והבלמשכ")
_LATIN = "qwertyuiopasdfghjkl;zxcvbnm,."
_HEBREW = "/'קראטוןםפשדגכעיחלךףזסבהנמצתץ"
TO_HEBREW = str.maketrans(_LATIN, _HEBREW)
TO_LATIN = str.maketrans(_HEBREW, _LATIN)

KNOWN = """
SELECT candidate FROM unnest(%s::text[]) AS candidate
WHERE EXISTS (SELECT 1 FROM catalog_searchword w WHERE w.word LIKE candidate || '%%')
"""
ALIKE = """
SELECT given, w.word FROM unnest(%s::text[]) AS given
CROSS JOIN LATERAL (
    SELECT word FROM catalog_searchword
    WHERE word %% given
    ORDER BY similarity(word, given) DESC, products DESC, word LIMIT 12
) AS w
"""


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """What a search text was understood as.

    `tsquery` finds by words and beginnings of words; `exact` prefers whole words; `corrected`
    is the text in other words where something had to be corrected, else "".
    """

    text: str
    words: tuple[str, ...]
    tsquery: str
    exact: str
    corrected: str = ""


def normalise(text: str) -> str:
    """Lower case without accents, niqqud, quotes and marks; final letters as in mid-word."""
    folded = unicodedata.normalize("NFKD", text).lower()
    folded = POINTS.sub("", folded)
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    return DROPPED.sub("", folded).translate(FINALS)


def tokens(text: str) -> list[str]:
    """The words of `text`, normalised, in order; none for punctuation alone."""
    return [word[:MAX_WORD] for word in WORDS.findall(normalise(text))]


def search_query(q: str) -> SearchQuery | None:
    """How to look for `q`, or None where it holds no word. At most two short queries."""
    words = list(dict.fromkeys(tokens(q)))[:MAX_TOKENS]
    if not words:
        return None
    retyped = _other_keyboard(q)
    known = _known({c for word in (*words, *retyped) for c in _forms(word)})
    if retyped and not _any_known(words, known) and _all_known(retyped, known):
        words, corrected = retyped, True
    else:
        corrected = False
    meant = {word: _first_known(word, known) for word in words}
    for word, better in _alike([word for word in words if meant[word] is None]).items():
        meant[word], corrected = better, True
    return SearchQuery(
        text=q.strip(),
        words=tuple(meant[word] or word for word in words),
        # A word the labels do not know may still stand in a description (weight D).
        tsquery=" & ".join(f"'{meant[w]}':*ABC" if meant[w] else f"'{w}':*" for w in words),
        exact=" & ".join(f"'{meant[w] or w}'" for w in words),
        corrected=" ".join(_displayed(meant[w] or w) for w in words) if corrected else "",
    )


def _forms(word: str) -> list[str]:
    """The word, then what it may be a form of: prefix letters, plural and feminine endings."""
    forms = [word]
    if "א" <= word[0] <= "ת":
        bare = (word[n:] for n in (1, 2, 3) if len(word) - n >= 2 and set(word[:n]) <= PREFIXES)
        stems = [word, *bare]
        forms += stems[1:]
        for stem in stems:
            forms += [
                stem.removesuffix(e) for e in ("יות", "ות", "ימ", "ה") if len(stem) >= len(e) + 3
            ]
    else:
        forms += [f"{word[:-3]}y"] if word.endswith("ies") else []
        forms += [word.removesuffix(ending) for ending in ("es", "s") if len(word) > 3]
    return list(dict.fromkeys(forms))


def _other_keyboard(q: str) -> list[str]:
    """The words of `q` as the same keys give them on the other (Hebrew or English) layout."""
    lowered = q.lower()
    hebrew = any("א" <= letter <= "ת" for letter in lowered)
    return tokens(lowered.translate(TO_LATIN if hebrew else TO_HEBREW))[:MAX_TOKENS]


def _known(candidates: set[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [sorted(candidates)])
        return {row[0] for row in cursor.fetchall()}


def _first_known(word: str, known: set[str]) -> str | None:
    return next((form for form in _forms(word) if form in known), None)


def _any_known(words: list[str], known: set[str]) -> bool:
    return any(_first_known(word, known) for word in words)


def _all_known(words: list[str], known: set[str]) -> bool:
    return all(word in known for word in words)


def _alike(words: list[str]) -> dict[str, str]:
    """For unknown words, the known word that is nearest, where one is near enough."""
    unknown = [word for word in words if len(word) >= 3 and not word[0].isdigit()]
    if not unknown:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, [unknown])
        rows = cursor.fetchall()
    nearest: dict[str, tuple[int, str]] = {}
    for given, word in rows:
        distance = edits(given, word)
        allowed = 1 if len(given) <= 4 else 2
        if distance <= allowed and distance < nearest.get(given, (99, ""))[0]:
            nearest[given] = (distance, word)
    return {given: word for given, (_distance, word) in nearest.items()}


def edits(a: str, b: str) -> int:
    """Letters added, dropped, changed or swapped with a neighbour to get from `a` to `b`."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _displayed(word: str) -> str:
    """A normalised word as people write it: with its final letter."""
    last = dict(zip("כמנפצ", "ךםןףץ", strict=True)).get(word[-1])
    return word[:-1] + last if last and len(word) > 1 else word

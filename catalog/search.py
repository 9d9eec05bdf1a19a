"""Words of the catalogue and of those who look for them, in Hebrew and English.

Documents and queries are normalised here, once, by the same code; PostgreSQL then compares
plain words (`simple`). Corrections are tried only for a word that the catalogue does not know.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.db import connection

from catalog.synonyms import GROUPS, PHRASES

MAX_TOKENS = 8
MAX_WORD = 40
POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
DROPPED = re.compile("[\u05f3\u05f4'\"`´‘’“”\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad]")
WORDS = re.compile(r"\d+(?:\.\d+)?(?!\w)|[^\W_]+")
FINALS = str.maketrans("ךםןףץ", "כמנפצ")
PREFIXES = frozenset("והבלמשכ")
SHORTEST = {"יות": 2, "ות": 2, "ימ": 2, "יה": 2, "ה": 2, "ת": 4}  # what may be left of a word
ENDINGS = tuple(SHORTEST)
PLURALS = ("ימ", "ות", "י", "ה")
BEGINNING = 4
_LATIN = "qwertyuiopasdfghjkl;zxcvbnm,."
_HEBREW = "/'קראטוןםפשדגכעיחלךףזסבהנמצתץ"
TO_HEBREW = str.maketrans(_LATIN, _HEBREW)
TO_LATIN = str.maketrans(_HEBREW, _LATIN)

KNOWN = """
SELECT 'word', word FROM catalog_searchword WHERE word = ANY(%s)
UNION ALL
SELECT 'start', token FROM unnest(%s::text[]) AS token
WHERE EXISTS (SELECT 1 FROM catalog_searchword w WHERE w.word LIKE token || '%%')
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

    `tsquery` asks for all of its words, `any_word` for some of them; `exact` prefers whole words,
    `own` the very words. `corrected` is the text in other words where something had to be corrected, else "".
    """

    text: str
    words: tuple[str, ...]
    tsquery: str
    any_word: str
    exact: str
    own: str
    corrected: str = ""


@dataclass(frozen=True, kw_only=True)
class _Term:
    """One word of a query: known words of the same meaning, those that only hold it, and whether
    it may be just the beginning of one.
    """

    word: str
    known: tuple[str, ...]
    holding: tuple[str, ...]
    begins: bool

    @property
    def tsquery(self) -> str:
        either = [f"'{word}':ABC" for word in (*self.known, *self.holding)]
        either += [f"'{self.word}':*ABC"] if self.begins else []
        # A word that no label knows may still stand in a description (weight D).
        return f"({' | '.join(either)})" if either else f"'{self.word}':*"

    @property
    def exact(self) -> str:
        return f"({' | '.join(repr(word) for word in self.known or (self.word,))})"


def normalise(text: str) -> str:
    """Lower case without accents, niqqud, quotes and marks; final letters as in mid-word."""
    folded = unicodedata.normalize("NFKD", text).lower()
    folded = POINTS.sub("", folded)
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    return DROPPED.sub("", folded).translate(FINALS)


def tokens(text: str) -> list[str]:
    """The words of `text`, normalised, in order; none for punctuation alone."""
    return [word[:MAX_WORD] for word in WORDS.findall(normalise(text))]


def search_query(q: str, *, typing: bool = False) -> SearchQuery | None:
    """How to look for `q`, or None where it holds no word. At most two short queries.

    While somebody is `typing`, the last word may be the beginning of any word; later only a word
    of some length may, so that milk (חלב) is not halva (חלבה).
    """
    words = list(dict.fromkeys(tokens(_spelled_out(q))))[:MAX_TOKENS]
    if not words:
        return None
    retyped = _other_keyboard(q)
    vocabulary = _vocabulary({*words, *retyped})
    corrected = False
    if retyped and not any(map(vocabulary.knows, words)) and all(map(vocabulary.knows, retyped)):
        words, corrected = retyped, True
    better = _alike([word for word in words if not vocabulary.knows(word)])
    if better:
        words, corrected = [better.get(word, word) for word in words], True
        vocabulary = _vocabulary(set(words))
    unfinished = words[-1] if typing else None
    terms = [vocabulary.term(word, typing=word == unfinished) for word in words]
    return SearchQuery(
        text=q.strip(),
        words=tuple(words),
        tsquery=" & ".join(term.tsquery for term in terms),
        any_word=" | ".join(term.tsquery for term in terms),
        exact=" & ".join(term.exact for term in terms),
        own=" & ".join(f"'{word}'" for word in words),
        corrected=" ".join(map(_displayed, words)) if corrected else "",
    )


class _Vocabulary:
    """What the labels of the shop know of some words."""

    def __init__(self, known: set[str], beginnings: set[str]) -> None:
        self.known, self.beginnings = known, beginnings

    def knows(self, word: str) -> bool:
        return word in self.beginnings or any(form in self.known for form in all_forms(word))

    def term(self, word: str, *, typing: bool) -> _Term:
        nearest: list[str] = []
        for forms in (_inflected(word), *map(_inflected, _bare(word))):
            nearest = [form for form in forms if form in self.known]
            if nearest or word in self.beginnings:
                break
        meant = {*nearest, word}
        alike = {other for group in _SYNONYMS if group & meant for other in group}
        known = [*nearest, *sorted(alike & self.known - set(nearest))]
        long_enough = typing or len(word) >= BEGINNING or not known
        return _Term(
            word=word,
            known=tuple(known),
            holding=tuple(form for form in _prefixed(word) if form in self.known),
            begins=long_enough and word in self.beginnings,
        )


def all_forms(word: str) -> list[str]:
    """The word, its inflections, those of what follows its prefix letters, and itself behind one."""
    bare = [form for part in _bare(word) for form in _inflected(part)]
    return [*_inflected(word), *bare, *_prefixed(word)]


def _bare(word: str) -> list[str]:
    """What may stand after one to three prefix letters; English has none."""
    if not _is_hebrew(word):
        return []
    return [word[n:] for n in (1, 2, 3) if len(word) - n >= 3 and set(word[:n]) <= PREFIXES]


def _inflected(word: str) -> list[str]:
    """The word first, then the other forms of the same word that a label may carry."""
    if not _is_hebrew(word):
        stems = [word, word.removesuffix("s"), word.removesuffix("es")]
        stems += [f"{word[:-3]}y"] if word.endswith("ies") else []
        plurals = [stem + ending for stem in stems for ending in ("s", "es")]
        plurals += [f"{word[:-1]}ies"] if word.endswith("y") else []
        forms = [word, *stems, *plurals]
        return list(dict.fromkeys(form for form in forms if len(form) >= 2))
    stems = [
        word[: -len(e)] for e in ENDINGS if word.endswith(e) and len(word) - len(e) >= SHORTEST[e]
    ]
    inflected = [stem + ending for stem in stems for ending in ("", *ENDINGS, "י")]
    return list(dict.fromkeys([word, *inflected, *(word + ending for ending in PLURALS)]))


def _prefixed(word: str) -> list[str]:
    """The word behind one prefix letter, as labels write it: with (ב) or for (ל) something."""
    return [letter + word for letter in sorted(PREFIXES)] if _is_hebrew(word) else []


def _is_hebrew(word: str) -> bool:
    return "א" <= word[0] <= "ת"


def _spelled_out(q: str) -> str:
    return " ".join(PHRASES.get(normalise(word), word) for word in q.split())


def _vocabulary(words: set[str]) -> _Vocabulary:
    wanted = {form for word in words for form in all_forms(word)}
    wanted |= {other for group in _SYNONYMS if group & wanted for other in group}
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [sorted(wanted), sorted(words)])
        rows = cursor.fetchall()
    return _Vocabulary(
        known={word for kind, word in rows if kind == "word"},
        beginnings={word for kind, word in rows if kind == "start"},
    )


def _other_keyboard(q: str) -> list[str]:
    """The words of `q` as the same keys give them on the other (Hebrew or English) layout."""
    lowered = q.lower()
    hebrew = any("א" <= letter <= "ת" for letter in lowered)
    return tokens(lowered.translate(TO_LATIN if hebrew else TO_HEBREW))[:MAX_TOKENS]


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


_SYNONYMS = [frozenset(normalise(word) for word in group) for group in GROUPS]


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

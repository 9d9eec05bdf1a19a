"""Words of labels and of those who look for them: the same steps for both, in every script.

Texts are normalised and cut into words here, once; an engine then compares plain words, so that
no server's dictionary decides what is found.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from core.text import INVISIBLE as UNSEEN

MAX_WORD = 40
REMEMBERED = (
    20_000  # words whose forms a process keeps; those of rules and labels come again and again
)
BEGINNING = 4  # from so many letters on, a word may be the beginning of another
POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]")
INVISIBLE = re.compile(f"{UNSEEN.pattern}|[\u0640\ufe0f]")
QUOTES = re.compile("[\u05f3\u05f4'\"`´‘’“”„‚]")
DASHES = re.compile("[\u05be\u2010-\u2015\u2212-]")
OWNER = re.compile(r"(?<=[a-z])['’]s\b")
FINALS = str.maketrans("ךםןףץ", "כמנפצ")
FOLDED = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي", "ё": "е"})
TWICE = re.compile("ו{2,}|י{2,}")
TOKENS = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|%|[\u2190-\u2bff\U0001f000-\U0001faff]")
WORD = re.compile(r"[^\W\d_]+|[\u2190-\u2bff\U0001f000-\U0001faff]")

PREFIXES = frozenset("והבלמשכ")
ARTICLE = "ال"  # the Arabic "the", written with its word
ON_LABELS = "בהול"
# What may be left of a word. The י of cookies (עוגיות) is theirs: else they were cakes (עוגות).
SHORTEST = {"ות": 2, "ימ": 2, "ה": 2, "ת": 4, "י": 3}
ENDINGS = tuple(SHORTEST)
PLURALS = ("ימ", "ות", "י", "ה")
RUSSIAN = ("ами", "ями", "ов", "ев", "ей", "ы", "и", "а", "я", "о", "е", "у", "ю", "ь")

_LATIN = "qwertyuiopasdfghjkl;zxcvbnm,."
_HEBREW = "/'קראטוןםפשדגכעיחלךףזסבהנמצתץ"
TO_HEBREW = str.maketrans(_LATIN, _HEBREW)
TO_LATIN = str.maketrans(_HEBREW, _LATIN)
SOUNDS = str.maketrans({"ט": "ת", "כ": "ק", "ע": "א", "ה": "א", "ש": "ס", "ח": "ק"})
# Of a Hebrew word in Latin letters: vowels, and what is written h, ch or kh, are no help.
UNHEARD = re.compile("ch|kh|[aeiouyh']")
LATIN_SOUNDS = str.maketrans({"w": "b", "v": "b", "f": "p", "c": "k", "q": "k", "z": "s", "x": "k"})
HEBREW_SOUNDS = str.maketrans(
    dict(zip("בגדזטלמנספצקרשת", "bgdstlmnspskrst", strict=True)) | dict.fromkeys("אהוחיעכ", "")
)
MUTE = re.compile("[וי]")
ALIKE = frozenset(map(frozenset, ("טת", "כק", "אע", "אה", "עה", "סש", "חכ")))


def normalise(text: str) -> str:
    """Lower case without accents, niqqud, quotes and invisible marks; final letters as in mid-word,
    dashes as blanks, doubled ו and י as one, and Arabic and Russian letters folded.
    """
    folded = unicodedata.normalize("NFKC", INVISIBLE.sub("", text))
    folded = folded.translate(FOLDED)
    folded = unicodedata.normalize("NFKD", folded).lower().translate(FOLDED)
    folded = POINTS.sub("", INVISIBLE.sub("", folded))
    folded = "".join(c for c in folded if not unicodedata.combining(c))
    folded = DASHES.sub(" ", QUOTES.sub("", OWNER.sub("", folded))).translate(FINALS)
    return TWICE.sub(lambda match: match[0][0], folded)


def tokens(text: str) -> list[str]:
    """Words, numbers, percent signs and emoji of `text`, normalised, in order.

    A digit that touches a letter is a border: `חלב3%` is three tokens.
    """
    return [token[:MAX_WORD] for token in TOKENS.findall(normalise(text))]


def is_word(token: str) -> bool:
    """A word of letters or an emoji, not a number and not a sign."""
    return bool(WORD.fullmatch(token))


def is_hebrew(word: str) -> bool:
    return "א" <= word[0] <= "ת"


def is_arabic(word: str) -> bool:
    return "\u0621" <= word[0] <= "\u064a"


def is_latin(word: str) -> bool:
    return word[0].isascii()


@lru_cache(maxsize=REMEMBERED)
def inflected(word: str) -> tuple[str, ...]:
    """The word first, then the other forms of the same word that a label may carry."""
    if len(word) == 1:
        return (word,)
    if is_hebrew(word):
        return tuple(dict.fromkeys(_hebrew_forms(word)))
    if is_latin(word):
        return tuple(dict.fromkeys(form for form in _english_forms(word) if len(form) >= 2))
    if "а" <= word[0] <= "я":
        return tuple(dict.fromkeys(_russian_forms(word)))
    return (word,)


def bare(word: str) -> list[str]:
    """What may stand after one to three prefix letters, or after the Arabic article."""
    if word.startswith(ARTICLE) and len(word) >= BEGINNING + 1:
        return [word.removeprefix(ARTICLE)]
    if not is_hebrew(word):
        return []
    return [word[n:] for n in (1, 2, 3) if len(word) - n >= 2 and set(word[:n]) <= PREFIXES]


def prefixed(word: str) -> list[str]:
    """The word behind one prefix letter, as labels write it: with (ב) or for (ל) something."""
    return [letter + word for letter in ON_LABELS] if is_hebrew(word) else []


def sounds(word: str) -> str:
    """The word as it sounds: letters of one sound are one, ו and י are not heard."""
    return MUTE.sub("", word.translate(SOUNDS)) if is_hebrew(word) else word


def is_one_sound_off(a: str, b: str) -> bool:
    """Whether two words of one length differ in one letter, which sounds like the other's."""
    differing = [{x, y} for x, y in zip(a, b, strict=False) if x != y]
    return len(a) == len(b) and len(differing) == 1 and frozenset(differing[0]) in ALIKE


def is_spelt(latin: str, hebrew: str) -> bool:
    """Whether Latin letters spell a Hebrew word: halav or chalav is חלב, as far as its consonants tell."""
    heard = UNHEARD.sub("", latin.replace("tz", "s").replace("ts", "s")).translate(LATIN_SOUNDS)
    return len(heard) > 1 and heard == hebrew.translate(HEBREW_SOUNDS)


def other_keyboard(text: str) -> str:
    """The text as the same keys give it on the other layout (SI 1452 and English)."""
    lowered = text.lower()
    hebrew = any("א" <= letter <= "ת" for letter in lowered)
    return lowered.translate(TO_LATIN if hebrew else TO_HEBREW)


def displayed(word: str) -> str:
    """A normalised word as people write it: with its final letter."""
    last = dict(zip("כמנפצ", "ךםןףץ", strict=True)).get(word[-1])
    return word[:-1] + last if last and len(word) > 1 else word


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


def _hebrew_forms(word: str) -> list[str]:
    stems = [
        word[: -len(e)] for e in ENDINGS if word.endswith(e) and len(word) - len(e) >= SHORTEST[e]
    ]
    stems += [word[:-3]] if word.endswith("ויות") else []
    forms = [stem + ending for stem in stems for ending in ("", "ות", "ימ", "ה", "ת", "י")]
    shops = [f"{stem}יות" for stem in stems if stem.endswith("ו")]  # one is חנות
    bags = [f"{word[:-1]}ות"] if word.endswith("ית") and len(word) >= BEGINNING else []
    return [word, *forms, *shops, *bags, *(word + ending for ending in PLURALS)]


def _english_forms(word: str) -> list[str]:
    stems = [word]
    if len(word) > 3 and not word.endswith("ss"):
        stems += [word.removesuffix("s"), word.removesuffix("es")]
    stems += [f"{word[:-3]}y"] if word.endswith("ies") else []
    plurals = [stem + ending for stem in stems for ending in ("s", "es")]
    plurals += [f"{word[:-1]}ies"] if word.endswith("y") else []
    return [word, *stems, *plurals]


def _russian_forms(word: str) -> list[str]:
    stems = [word[: -len(e)] for e in RUSSIAN if word.endswith(e) and len(word) - len(e) >= 3]
    return [word, *(stem + ending for stem in [*stems, word] for ending in ("", *RUSSIAN))]

"""Names in the order of a dictionary, in both languages.

The database sorts by code points: Zebra before apple, Éclair after both, a name that begins with a
geresh after ת. Where there is no ICU (the embedded server has none), a folded key is kept beside
the name by the SQL function `name_key`; `name_key` here says the same of a text in hand.
"""

from __future__ import annotations

import re
import unicodedata

from django.db.models import F, Func, GeneratedField, TextField, Value

MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u200b-\u200f\u202a-\u202e\u2060-\u2069]"
)
QUOTES = re.compile("['\"`´’‘“”„‚׳״′″]")
BETWEEN = re.compile(
    r"[\s\u0021\u0023-\u0026\u0028-\u002f\u003a-\u0040\u005b-\u005f\u007b-\u007e\u00a0-\u00bf\u05be\u2010-\u2015\u2022\u2026]+"
)
LIGATURES = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th"}
LETTERS = ("øØłŁđĐðÐıךםןףץ", "oollddddiכמנפצ")
LATIN = "abcdefghijklmnopqrstuvwxyz"
WIDE = "".join(chr(ord(letter) - ord("a") + ord("ａ")) for letter in LATIN)
"""Latin letters that stand behind the Hebrew ones, as in a Hebrew dictionary."""

_ASCII_LOWER = str.maketrans(LATIN.upper(), LATIN)
_LETTERS, _WIDE = str.maketrans(*LETTERS), str.maketrans(LATIN, WIDE)


def name_key(name: str, language: str) -> str:
    """What a name is sorted by in a language, compared by code points.

    Case, vowel points, accents and quotes do not count, other signs between words count as a
    blank, final letters as the letters they are; digits stand first, then the language's own
    letters, then the other's.
    """
    text = unicodedata.normalize("NFKD", name).translate(_ASCII_LOWER)
    text = MARKS.sub("", text)
    for letter, letters in LIGATURES.items():
        text = text.replace(letter, letters)
    text = BETWEEN.sub(" ", QUOTES.sub("", text.translate(_LETTERS))).strip(" ")
    return text.translate(_WIDE) if language == "he" else text


def key_of(field: str, language: str) -> GeneratedField:
    """A column that keeps the key of the name in `field`; sort by it, never by the name."""
    return GeneratedField(
        expression=Func(F(field), Value(language), function="name_key"),
        output_field=TextField(db_collation="C"),
        db_persist=True,
        editable=False,
    )


def _sql() -> str:
    text = 'lower(normalize(name, NFKD) COLLATE "C")'
    text = f"regexp_replace({text}, {_quoted(MARKS.pattern)}, '', 'g')"
    for letter, letters in LIGATURES.items():
        text = f"replace({text}, '{letter}', '{letters}')"
    text = f"translate({text}, '{LETTERS[0]}', '{LETTERS[1]}')"
    text = f"regexp_replace({text}, {_quoted(QUOTES.pattern)}, '', 'g')"
    text = f"btrim(regexp_replace({text}, {_quoted(BETWEEN.pattern)}, ' ', 'g'), ' ')"
    return f"CASE language WHEN 'he' THEN translate({text}, '{LATIN}', '{WIDE}') ELSE {text} END"


def _quoted(pattern: str) -> str:
    return "'" + pattern.replace("'", "''") + "'"


FUNCTION = f"""
CREATE FUNCTION name_key(name text, language text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$ SELECT {_sql()} $body$
"""
"""For the migration that makes it; a change of the rules needs another one, and a rewrite of the columns."""

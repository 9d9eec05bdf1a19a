"""Names of places as people write them: one key for all spellings, and what a beginning is compared with."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def key_of(name: str) -> str:
    """What is left of a name for comparing: letters and digits, without case and vowel points.

    Spaces, hyphens, dots, quotes, geresh and gershayim do not count.
    """
    return "".join(_words(name))


def keys_of(names: Iterable[str]) -> list[str]:
    """The keys of several spellings, each once."""
    return sorted({key for name in names if (key := key_of(name))})


def begun(text: str) -> str:
    """What somebody has typed so far, as it is looked for in `beginnings`."""
    return " ".join(_words(text))


def beginnings(names: Iterable[str]) -> str:
    """Every spelling with a blank before each word, and once without blanks inside."""
    found = {" ".join(_words(name)) for name in names}
    return "".join(f" {one} {one.replace(' ', '')}" for one in sorted(found) if one)


def _words(name: str) -> list[str]:
    """The words of a name. Quotes stand inside a word, hyphens and dots between two."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(_sign(sign) for sign in plain)
    return kept.split()


def _sign(sign: str) -> str:
    if sign.isalnum():
        return sign
    inside = sign in "'\"`´׳״’‘“”" or unicodedata.category(sign) in {"Mn", "Cf"}
    return "" if inside else " "

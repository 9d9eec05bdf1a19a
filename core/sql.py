"""Words of a list of choices as statements write them, so that each has its one home in Python."""

from __future__ import annotations

from collections.abc import Iterable


def listed(words: Iterable[str]) -> str:
    """`'A', 'B'`, for IN and ARRAY; only for words of ours, which hold no quotes."""
    return ", ".join(f"'{word}'" for word in words)

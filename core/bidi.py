"""Numbers inside sentences of either direction: a range reads backwards in Hebrew unless isolated."""

from __future__ import annotations

LTR, FIRST_STRONG, END = "\u2066", "\u2068", "\u2069"  # isolates, and their end


def left_to_right(text: str) -> str:
    """A number, code, time or range, kept together and left to right in any plain text.

    For text that no element can isolate: choices of a select, names, letters. In a template write
    `<bdi dir="ltr">`.
    """
    return f"{LTR}{text}{END}" if text else ""

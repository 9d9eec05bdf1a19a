"""Codes stand in the text of a statement, other values in its parameters.

The server keeps one plan of a statement that a connection asks often, whatever its parameters are. That
plan cannot use an index of some rows (`WHERE status = 'OPEN'`) when the status is a parameter, nor know
that nearly all orders are delivered: of a million orders the queue's statements took some ten times as
long by such a plan. What a column with choices is compared with is one of a few
words of ours, so a statement has as few texts more; the empty string is no choice, and many indexes
leave it out.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.db.models import CharField, Field
from django.db.models.lookups import Exact, In

CODE = re.compile(r"\w{0,60}", re.ASCII)


class SaidExactly(Exact):
    """`=`, with the code in the text."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        text, parameters = super().process_rhs(compiler, connection)
        said = text == "%s" and _said(self.lhs, parameters)
        return (said[0], []) if said else (text, parameters)


class SaidIn(In):
    """`IN`, with the codes in the text, in the order of the alphabet: sets have none."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        text, parameters = super().process_rhs(compiler, connection)
        only_values = text == f"({', '.join(['%s'] * len(parameters))})"
        said = only_values and _said(self.lhs, parameters)
        return (f"({', '.join(sorted(said))})", []) if said else (text, parameters)


def register() -> None:
    for lookup in (SaidExactly, SaidIn):
        CharField.register_lookup(lookup)


def _said(lhs: Any, values: Any) -> list[str]:
    """The values as they stand in a text; none where one of them is no code."""
    words = [str(value) for value in values]
    known = _codes(getattr(lhs, "target", None))
    return [f"'{word}'" for word in words] if known.issuperset(words) else []


@cache
def _codes(column: Field[Any, Any] | None) -> frozenset[str]:
    """The choices of a column that need no quoting, and the empty string."""
    choices = column.flatchoices if column is not None and column.choices else ()
    return frozenset({"", *(str(code) for code, _ in choices if CODE.fullmatch(str(code)))})

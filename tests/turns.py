"""How much of what is exhaustive is tried: in `make test` a part, by turns; in `make test-every` the whole.

Every state with every call and every hostile value takes longer than a developer waits. What is left out
is another part for each page, call or state, so that no value and no page is left out altogether.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

EVERYTHING = bool(os.environ.get("MAMI_EVERY_CALL"))
Value = TypeVar("Value")


def one_of(usual: int, *, whole: int = 1) -> int:
    """Of how many one is tried: `usual`, or `whole` where everything is."""
    return whole if EVERYTHING else usual


def in_turn(values: Sequence[Value], turn: int, usual: int = 3) -> Sequence[Value]:
    """Those of the values whose turn it is: one of `usual`, or all where everything is tried."""
    step = one_of(usual)
    return values[turn % step :: step]

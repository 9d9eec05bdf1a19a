"""Names of orders for people: random, so that nobody can count the shop's orders or guess one."""

from __future__ import annotations

import re
import secrets

from core.text import sought

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "MS-"
LENGTH = 8
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u05be]+")
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_number() -> str:
    """`MS-` and 8 characters of Crockford base32 (no I, L, O, U). Unique by constraint."""
    return PREFIX + "".join(secrets.choice(CROCKFORD) for _ in range(LENGTH))


def new_pickup_code() -> str:
    """Six digits a customer says at the counter, beside the order's number."""
    return f"{secrets.randbelow(1_000_000):06d}"


def read_number(text: str) -> str:
    """An order number as somebody typed or read it out: any case, blanks and dashes, with or without
    `MS`, letters mistaken for digits. What cannot be one comes back in capitals.
    """
    text = sought(text)  # our own pages put marks of direction around numbers
    bare = _BETWEEN.sub("", text).upper()
    body = bare.removeprefix("MS") if len(bare) == LENGTH + 2 else bare
    number = PREFIX + body.translate(_MISREAD)
    return number if is_number(number) else text.upper()


def is_number(text: str) -> bool:
    """Whether it has the shape of an order number."""
    return (
        len(text) == len(PREFIX) + LENGTH
        and text.startswith(PREFIX)
        and set(text[len(PREFIX) :]) <= set(CROCKFORD)
    )

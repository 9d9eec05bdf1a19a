"""Names of orders for people: random, so that nobody can count the shop's orders or guess one."""

from __future__ import annotations

import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "MS-"
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_number() -> str:
    """`MS-` and 8 characters of Crockford base32 (no I, L, O, U). Unique by constraint."""
    return PREFIX + "".join(secrets.choice(CROCKFORD) for _ in range(8))


def new_pickup_code() -> str:
    """Six digits a customer says at the counter, beside the order's number."""
    return f"{secrets.randbelow(1_000_000):06d}"


def read_number(text: str) -> str:
    """An order number as somebody typed or read it out: case, and letters mistaken for digits."""
    head, body = text.strip().upper()[: len(PREFIX)], text.strip().upper()[len(PREFIX) :]
    return head + body.translate(_MISREAD)


def is_number(text: str) -> bool:
    """Whether it has the shape of an order number."""
    return (
        len(text) == len(PREFIX) + 8
        and text.startswith(PREFIX)
        and set(text[len(PREFIX) :]) <= set(CROCKFORD)
    )

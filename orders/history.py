"""Finding earlier orders: by their number, by a word of what was in them, by the day."""

from __future__ import annotations

import datetime as dt
import unicodedata

from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Lower

from core.name_keys import MARKS
from orders.models import Order, OrderItem
from orders.numbering import read_number

POINTS = "".join(chr(code) for code in range(0x0591, 0x05C8) if MARKS.match(chr(code)))
BETWEEN = "-־–/()[],.+&"
LEAST_OF_A_NUMBER = 4


def found_in(
    orders: QuerySet[Order],
    *,
    q: str = "",
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
) -> QuerySet[Order]:
    """Of these orders the ones asked for: `q` is (the beginning of) a number, with or without MS-,
    or the beginning of a word in the name of a line, in either language, without regard to case and
    vowel points. Part of the same query."""
    if start is not None:
        orders = orders.filter(created_at__gte=start)
    if end is not None:
        orders = orders.filter(created_at__lt=end)
    text = _folded(q)
    if not text:
        return orders if not q.strip() else orders.none()
    return orders.filter(Exists(_lines(text)) | _numbers(q))


def _folded(text: str) -> str:
    """As names are compared: lower case, no points, one blank between words."""
    plain = MARKS.sub("", unicodedata.normalize("NFC", text)).lower()
    return " ".join("".join(" " if sign in BETWEEN else sign for sign in plain).split())


def _lines(text: str) -> QuerySet[OrderItem]:
    names = Concat(Value(" "), "name_he", Value(" "), "name_en", output_field=TextField())
    folded = Func(
        Lower(names),
        Value(BETWEEN + POINTS),
        Value(" " * len(BETWEEN)),
        function="translate",
        output_field=TextField(),
    )
    # The second condition says what the first does, and keeps the lines of all orders from being read into
    # a table: the newest orders are looked at one by one until a page of them is found.
    items = OrderItem.objects.filter(order=OuterRef("pk"), order__gte=OuterRef("pk"))
    # Folding costs more than all the rest of a line: only what may hold the word is folded.
    worth = Q(plain__contains=text.partition(" ")[0]) | Q(name_he__regex=f"[{POINTS}]")
    return items.alias(plain=Lower(names), folded=folded).filter(worth, folded__contains=f" {text}")


def _numbers(q: str) -> Q:
    code = "".join(q.split()).upper().removeprefix("MS-").removeprefix("MS")
    found = Q(order_number=read_number(q))
    if len(code) >= LEAST_OF_A_NUMBER and code.isascii() and code.isalnum():
        found |= Q(order_number__startswith=f"MS-{code}")
    return found

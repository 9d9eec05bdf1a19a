"""Query parameters: declared as fields, named in camelCase, understood in snake_case too."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.fields import Day, Whole
from core.clock import shop_instant
from core.text import is_odd, sent_text

MAX_PAGE_SIZE = 200
USUAL = 50
NO_TEXT = _("These bytes are no text: write UTF-8.")


class Query(serializers.Serializer[Any]):
    """Parameters of a call. Unknown ones are ignored; a bad one is refused by name."""

    @classmethod
    def read(cls, params: QueryDict, *, sent: str = "") -> dict[str, Any]:
        """The validated values; `sent` is the query as it came. Raises ValidationError, also for bytes
        that are no UTF-8, which `params` has as question marks.
        """
        odd = _odd_parameters(sent)
        if refused := [name for name in cls._declared_fields if odd & {name, snake(name)}]:
            raise serializers.ValidationError({name: [NO_TEXT] for name in refused})
        given: dict[str, Any] = {}
        for name, field in cls._declared_fields.items():
            for spelling in (name, snake(name)):
                if spelling in params:
                    several = isinstance(
                        field, serializers.ListField | serializers.MultipleChoiceField
                    )
                    given[name] = params.getlist(spelling) if several else params[spelling]
                    break
        checked = cls(data={k: v for k, v in given.items() if v != "" or k == "q"})
        checked.is_valid(raise_exception=True)
        return checked.validated_data


class Paging(Query):
    """Where in a list."""

    limit = Whole(
        required=False,
        default=USUAL,
        min_value=1,
        help_text=f"At most {MAX_PAGE_SIZE}; more means {MAX_PAGE_SIZE}.",
    )
    offset = Whole(required=False, default=0, min_value=0, max_value=2**62)

    def validate_limit(self, value: int) -> int:
        return min(value, MAX_PAGE_SIZE)


class CursorPaging(Paging):
    """Where in a long list."""

    cursor = serializers.CharField(
        required=False,
        max_length=400,
        help_text="`pagination.next_cursor` of the page before; `offset` is then not looked at.",
    )


class DateRange(Query):
    """Days by the shop's clock, both included."""

    dateFrom = Day(required=False, source="date_from")  # noqa: N815
    dateTo = Day(required=False, source="date_to")  # noqa: N815


class ToggleQuery(Query):
    """As the first web client switches things on and off."""

    active = serializers.BooleanField(source="is_active")


def bounds(query: dict[str, Any]) -> dict[str, dt.datetime]:
    """`start` and `end` of the days of a `DateRange`, as the half-open range of instants."""
    found = {}
    if "date_from" in query:
        found["start"] = shop_instant(query["date_from"], dt.time(0))
    if "date_to" in query:
        found["end"] = shop_instant(query["date_to"] + dt.timedelta(days=1), dt.time(0))
    return found


def _odd_parameters(query_string: str) -> set[str]:
    """Those whose value is no text: a NUL, or bytes that are no UTF-8."""
    if query_string.isascii() and "%" not in query_string:
        return set()
    sent = sent_text(query_string)
    if not is_odd(unquote_plus(sent, errors="surrogateescape")):
        return set()
    pairs = parse_qsl(sent, keep_blank_values=True, errors="surrogateescape")
    return {name for name, value in pairs if is_odd(value)}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

"""One declaration for a call: what it reads, what it answers, what it may refuse, in words.

The same declaration checks the request, writes the answer and describes the call in the schema,
so that the three cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.conditional import tagged, unchanged
from api.pagination import Page
from api.queries import Query
from core.errors import DomainError

Serializer = type[serializers.BaseSerializer[Any]]
Handler = Callable[..., Any]
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    pattern=r"^[\x21-\x7e]{1,128}$",
    description="One key, one outcome: the same key and body again get the same answer.",
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The description of one method of one route."""

    summary: str
    description: str = ""
    tag: str
    query: type[Query] | None = None
    body: type[serializers.Serializer[Any]] | None = None
    partial: bool = False
    answer: Serializer | None = None
    many: bool = False
    page: bool = False
    beside: dict[str, Serializer] = field(default_factory=dict)
    null_beside: frozenset[str] = frozenset()
    status: int = 200
    also: dict[int, str] = field(default_factory=dict)
    media_type: str = "application/json"
    other_media_types: Sequence[str] = ()
    refusals: Sequence[type[DomainError]] = ()
    headers: Sequence[OpenApiParameter] = ()
    deprecated: bool = False
    kept_seconds: int = 0
    examples: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WithStatus:
    """A result with a status of its own, where a call has more than one."""

    value: Any
    status: int


def operation(**declared: Any) -> Callable[[Handler], Handler]:
    """Make a method of an `ApiView` the call that is described; see `Operation`.

    The method gets `query` and `body` (validated) and the path's values by keyword, and returns
    what its `answer` serializer can show, a `Page`, an `Answered`, or a whole response. The
    serializer finds the request and the query's values in its context.
    """
    call = Operation(**declared)

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def respond(view: Any, request: Request, **path: Any) -> HttpResponseBase:
            if call.kept_seconds and (same := unchanged(request, call.kept_seconds)):
                return same
            if call.query is not None:
                path["query"] = call.query.read(
                    request.query_params, sent=request.META.get("QUERY_STRING", "")
                )
            if call.body is not None:
                path["body"] = _read_body(call, request)
            context = {"request": request, **path.get("query", {})}
            response = _written(call, context, handler(view, request, **path))
            if call.kept_seconds and isinstance(response, Response):
                return tagged(request, response, call.kept_seconds)
            return response

        respond.operation = call  # type: ignore[attr-defined]
        return respond

    return decorate


def _read_body(call: Operation, request: Request) -> dict[str, Any]:
    assert call.body is not None  # noqa: S101
    body = call.body(data=request.data, partial=call.partial, context={"request": request})
    _refuse_nulls_in_lists(body)
    body.is_valid(raise_exception=True)
    return body.validated_data


def _refuse_nulls_in_lists(serializer: serializers.Serializer[Any]) -> None:
    """A list that may be left out by `null` has no rows that are `null`: the framework tells its rows
    whatever it was told of the list."""
    for part in serializer.fields.values():
        row: Any = part
        if isinstance(part, serializers.ListSerializer):
            row = part.child
            row.allow_null = False
        if isinstance(row, serializers.Serializer):
            _refuse_nulls_in_lists(row)


def _written(call: Operation, context: dict[str, Any], result: Any) -> HttpResponseBase:
    if isinstance(result, HttpResponseBase):
        return result
    status = call.status
    if isinstance(result, WithStatus):
        result, status = result.value, result.status
    if call.answer is None:
        return Response(status=status)
    return Response(_enveloped(call, context, result), status=status)


def _beside(serializer: Any, value: Any) -> Any:
    return None if value is None else serializer.to_representation(value)


def _enveloped(call: Operation, context: dict[str, Any], result: Any) -> dict[str, Any]:
    assert call.answer is not None  # noqa: S101
    if isinstance(result, Page):
        show = call.answer(context=context).to_representation
        return {
            "data": [show(item) for item in result.items],
            "pagination": result.pagination(),
            **{
                name: _beside(serializer(context=context), result.extra[name])
                for name, serializer in call.beside.items()
            },
        }
    show = call.answer(context=context).to_representation
    return {"data": [show(item) for item in result] if call.many else show(result)}

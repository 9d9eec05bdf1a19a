"""The OpenAPI document, written from the operations and the rights table."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from django.urls import Resolver404, resolve
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api.errors import InternalError, UnsupportedMediaType
from api.examples import add_examples
from api.fields import number
from api.links import add_links
from api.permissions import WITHOUT_SECOND_FACTOR
from core.errors import (
    BodyTooLarge,
    Busy,
    DomainError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionRefused,
    SecondFactorSetupRequired,
    ServiceUnavailable,
    TokenExpired,
    TokenInvalid,
)
from core.rights import Right, right_for

BEARER = "bearer"
FIRST_CLIENT = "api:old-"  # addresses that the first-generation web client still uses
REQUEST_ID = OpenApiParameter(
    "X-Request-Id", str, OpenApiParameter.HEADER, pattern="^[A-Za-z0-9._-]{1,64}$",
    description="Echoed in the answer and written into every log line.",
)  # fmt: skip
LANGUAGE = OpenApiParameter(
    "Accept-Language", str, OpenApiParameter.HEADER, enum=["he", "en"],
    description="Language of names and messages; Hebrew unless told otherwise.",
)  # fmt: skip
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the copy at hand."
)
PAGINATION = {
    "type": "object",
    "required": ["total", "limit", "offset", "has_next"],
    "properties": {
        "total": {"type": "integer", "minimum": 0},
        "limit": {"type": "integer", "minimum": 1, "maximum": 200},
        "offset": {"type": "integer", "minimum": 0},
        "has_next": {"type": "boolean"},
        "next_cursor": {"type": ["string", "null"]},
        "total_is_estimate": {"type": "boolean"},
    },
}


class Schema(AutoSchema):
    """Describes an `ApiView` method from its `Operation`."""

    @property
    def call(self) -> Any:
        return getattr(self.view, self.method.lower()).operation

    @property
    def right(self) -> Right | None:
        route = _route_of(self.path)
        return right_for(route, self.method)

    def get_summary(self) -> str:
        return str(self.call.summary)

    def get_description(self) -> str:
        words = [str(self.call.description).strip(), WHO[self.right] if self.right else ""]
        return "\n\n".join(word for word in words if word)

    def get_tags(self) -> list[str]:
        return [self.call.tag]

    def get_operation_id(self) -> str:
        name = _route_of(self.path).removeprefix("api:").replace("-", "_")
        return f"{self.method.lower()}_{name}"

    def is_deprecated(self) -> bool:
        return bool(self.call.deprecated) or _route_of(self.path).startswith(FIRST_CLIENT)

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{}] if self.right is Right.PUBLIC else [{BEARER: []}]

    def get_override_parameters(self) -> list[Any]:
        query = [self.call.query] if self.call.query else []
        kept = [IF_NONE_MATCH] if self.call.kept_seconds else []
        return [*query, *self.call.headers, *kept, LANGUAGE, REQUEST_ID]

    def get_request_serializer(self) -> Any:
        return self.call.body(partial=self.call.partial) if self.call.body else None

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        """A body is as partial as the call declares it, whatever its method is."""
        if serializer is None:
            return None, False
        component = self.resolve_serializer(serializer, direction)
        return component.ref, bool(component.schema.get("required"))

    def get_response_serializers(self) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for status in (self.call.status, *self.call.also):
            found.update(self._success(status))
        for media_type in self.call.other_media_types:
            found[(str(self.call.status), media_type)] = OpenApiResponse({"type": "string"})
        if self.call.kept_seconds:
            found["304"] = OpenApiResponse(None, "Your copy is still good.")
        for status, kinds in sorted(self._refusals().items()):
            found[str(status)] = self._failure(kinds)
        return found

    def _success(self, status: int) -> dict[Any, Any]:
        note = self.call.also.get(status, "")
        if self.call.media_type != "application/json":
            key = (str(status), self.call.media_type)
            return {key: OpenApiResponse({"type": "string", "format": "binary"}, note)}
        if self.call.answer is None:
            return {str(status): OpenApiResponse(None, note)}
        examples = [
            OpenApiExample(name, value=value, status_codes=[str(status)], response_only=True)
            for name, value in self.call.examples.items()
        ]
        return {str(status): OpenApiResponse(self._enveloped(), note, examples)}

    def _enveloped(self) -> dict[str, Any]:
        one = self._reference(self.call.answer)
        several = self.call.many or self.call.page
        found: dict[str, Any] = {
            "type": "object",
            "required": ["data"],
            "properties": {"data": {"type": "array", "items": one} if several else one},
        }
        if self.call.page:
            found["required"].append("pagination")
            found["properties"]["pagination"] = PAGINATION
        for name, serializer in self.call.beside.items():
            found["required"].append(name)
            one = self._reference(serializer)
            may_be_null = name in self.call.null_beside
            found["properties"][name] = {"anyOf": [one, {"type": "null"}]} if may_be_null else one
        return found

    def _reference(self, serializer: type[Any]) -> Any:
        return self.resolve_serializer(serializer(), "response").ref

    def _refusals(self) -> dict[int, list[type[DomainError]]]:
        kinds: list[type[DomainError]] = [
            *self.call.refusals, InternalError, ServiceUnavailable, TokenInvalid, TokenExpired
        ]  # fmt: skip
        if self.right is not Right.PUBLIC:
            kinds.append(NotAuthenticated)
        if self.right not in {Right.PUBLIC, Right.ANY}:
            kinds.append(PermissionRefused)
        if self.right not in {Right.PUBLIC, Right.CUSTOMER} and not self.path.startswith(
            WITHOUT_SECOND_FACTOR
        ):
            kinds.append(SecondFactorSetupRequired)
        if self.call.body:
            kinds += [InvalidInput, UnsupportedMediaType, BodyTooLarge]
        if self.call.query:
            kinds.append(InvalidInput)
        if "{" in self.path:
            kinds.append(NotFound)
        if self.method != "GET":
            kinds.append(Busy)
        found: dict[int, list[type[DomainError]]] = {}
        for kind in kinds:
            if all(kind.code != other.code for other in found.setdefault(kind.status, [])):
                found[kind.status].append(kind)
        return found

    def _failure(self, kinds: list[type[DomainError]]) -> OpenApiResponse:
        schema = {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["code", "message", "details"],
                    "properties": {
                        "code": {"type": "string", "enum": [kind.code for kind in kinds]},
                        "message": {"type": "string"},
                        "details": {"type": "object", "additionalProperties": True},
                    },
                }
            },
        }
        return OpenApiResponse(schema, ", ".join(f"`{kind.code}`" for kind in kinds))


WHO = {
    Right.PUBLIC: "For everybody.",
    Right.ANY: "For any signed-in person.",
    Right.CUSTOMER: "For customers.",
    Right.EMPLOYEE: "For employees, managers and admins.",
    Right.MANAGER: "For managers and admins.",
    Right.ADMIN: "For admins.",
}


def tidy(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Numbers as JSON writes them, examples, and the links from one call to the next."""
    tidied: dict[str, Any] = _tidied(result)
    add_examples(tidied)
    add_links(tidied)
    return tidied


def _tidied(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("type") == "string" and "pattern" in value:
            value = {k: v for k, v in value.items() if k not in {"minimum", "maximum"}}
        return {key: _tidied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_tidied(inner) for inner in value]
    return number(value) if isinstance(value, Decimal) else value


@cache
def _route_of(path: str) -> str:
    """The name of the route whose template is `path`. Each call asks for its own some forty times, and the
    addresses of a process stay as they are: looked up anew they were two thirds of writing the document.
    """
    concrete = path
    while "{" in concrete:
        before, _, rest = concrete.partition("{")
        concrete = before + "1" + rest.partition("}")[2]
    try:
        return resolve(concrete).view_name
    except Resolver404:
        return ""

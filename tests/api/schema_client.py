"""A typed Python client made from nothing but the OpenAPI document.

Each operation becomes a function, each component a dataclass. A value that is not what the document
says, a field it does not know, a status it does not name: all of them raise.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

Send = Callable[[str, str, Any, dict[str, str]], tuple[int, Any]]


class Refused(Exception):
    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error['code']}")
        self.status, self.code, self.details = status, error["code"], error["details"]


class SchemaClient:
    """`client.post_auth_login(email=…, password=…)`; `send` does the transport."""

    def __init__(self, document: dict[str, Any], send: Send) -> None:
        self.document, self.send, self.token = document, send, ""
        self.types: dict[str, type] = {}
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if method in {"get", "post", "put", "patch", "delete"}:
                    call = self._call(path, method, operation)
                    setattr(self, operation["operationId"], call)

    def _call(self, path: str, method: str, operation: dict[str, Any]) -> Callable[..., Any]:
        parameters = {p["name"]: p for p in operation.get("parameters", [])}
        names = {self._pythonic(name): name for name in parameters}

        def call(**arguments: Any) -> Any:
            address, query, headers, body = path, {}, {}, {}
            for key, value in arguments.items():
                parameter = parameters.get(names.get(key, ""))
                if parameter is None:
                    body[key] = value
                elif parameter["in"] == "path":
                    address = address.replace(f"{{{parameter['name']}}}", str(value))
                elif parameter["in"] == "query":
                    query[parameter["name"]] = value
                else:
                    headers[parameter["name"]] = value
            self._check_body(operation, body)
            if self.token and operation.get("security") != [{}]:
                headers["Authorization"] = f"Bearer {self.token}"
            if query:
                address += "?" + urlencode(query, doseq=True)
            return self._answer(
                operation, *self.send(method.upper(), address, body or None, headers)
            )

        return call

    def _check_body(self, operation: dict[str, Any], body: dict[str, Any]) -> None:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        known = self._resolve(content["schema"])["properties"] if content else {}
        assert set(body) <= set(known), (
            f"{operation['operationId']} knows no {set(body) - set(known)}"
        )

    def _answer(self, operation: dict[str, Any], status: int, body: Any) -> Any:
        described = operation["responses"][str(status)]
        content = described.get("content", {}).get("application/json")
        if content is None:
            return None
        if status >= 400:
            raise Refused(status, body["error"])
        return self.parse(content["schema"], body, operation["operationId"])

    def parse(self, schema: dict[str, Any], value: Any, name: str) -> Any:
        """The value as the schema types it."""
        component = schema.get("$ref", "").rpartition("/")[2]
        schema = self._resolve(schema)
        for wrapper in ("allOf", "anyOf", "oneOf"):
            if wrapper in schema:
                return self._either(schema[wrapper], value, name)
        kinds = schema.get("type", "object")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if value is None:
            assert "null" in kinds, f"{name} may not be null"
            return None
        if "enum" in schema:
            assert value in schema["enum"], f"{name}: {value!r} is none of {schema['enum']}"
        kind = next(k for k in kinds if k != "null")
        return getattr(self, f"_{kind}")(schema, value, component or name)

    def _either(self, choices: list[dict[str, Any]], value: Any, name: str) -> Any:
        for choice in choices:
            if (choice.get("type") == "null") == (value is None):
                return self.parse(choice, value, name)
        raise AssertionError(f"{name} may not be {value!r}")

    def _object(self, schema: dict[str, Any], value: Any, name: str) -> Any:
        assert isinstance(value, dict), f"{name} is no object"
        if "properties" not in schema:
            inner = schema.get("additionalProperties")
            typed = inner if isinstance(inner, dict) else None
            return {
                k: self.parse(typed, v, f"{name}.{k}") if typed else v for k, v in value.items()
            }
        fields = schema["properties"]
        assert set(value) <= set(fields), f"{name} does not describe {set(value) - set(fields)}"
        missing = set(schema.get("required", ())) - set(value)
        assert not missing, f"{name} lacks {missing}"
        made = self._type(name, fields)
        parsed = {
            k: self.parse(s, value[k], f"{name}.{k}") for k, s in fields.items() if k in value
        }
        return made(**{self._pythonic(k): v for k, v in parsed.items()})

    def _array(self, schema: dict[str, Any], value: Any, name: str) -> list[Any]:
        assert isinstance(value, list), f"{name} is no list"
        return [self.parse(schema["items"], item, f"{name}[]") for item in value]

    def _string(self, schema: dict[str, Any], value: Any, name: str) -> Any:
        assert isinstance(value, str), f"{name} is no string"
        if "pattern" in schema:
            assert re.search(schema["pattern"], value), f"{name}: {value!r} ≠ {schema['pattern']}"
        if schema.get("format") == "date-time":
            return dt.datetime.fromisoformat(value)
        return dt.date.fromisoformat(value) if schema.get("format") == "date" else value

    def _integer(self, schema: dict[str, Any], value: Any, name: str) -> int:
        assert isinstance(value, int), f"{name} is no integer"
        assert not isinstance(value, bool), f"{name} is no integer"
        return value

    def _number(self, schema: dict[str, Any], value: Any, name: str) -> float:
        assert isinstance(value, int | float), f"{name} is no number"
        return value

    def _boolean(self, schema: dict[str, Any], value: Any, name: str) -> bool:
        assert isinstance(value, bool), f"{name} is no truth value"
        return value

    def _type(self, name: str, fields: dict[str, Any]) -> type:
        if name not in self.types:
            self.types[name] = dataclasses.make_dataclass(
                re.sub(r"\W", "_", name),
                [(self._pythonic(f), Any, dataclasses.field(default=None)) for f in fields],
            )
        return self.types[name]

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    @staticmethod
    def _pythonic(name: str) -> str:
        word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("-", "_").lower()
        return f"{word}_" if word in {"from"} else word

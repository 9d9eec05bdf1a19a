"""A client of the JSON API that holds every answer against the published description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.test import Client
from jsonschema_rs import Draft202012Validator

from accounts import services, tokens
from accounts.models import User
from core import clock

PATH_PART = re.compile(r"<(?:\w+:)?(\w+)>")
EVERYWHERE = {405}  # a method that a path does not have cannot be described with it


class ApiClient:
    """Speaks to `/api/v1`; `user` signs it in. `check=False` leaves the description aside."""

    def __init__(
        self, user: User | None = None, *, language: str = "en", check: bool = True
    ) -> None:
        self.user = user
        self.check = check
        self.headers = {"Accept-Language": language}
        if user is not None:
            self.headers["Authorization"] = f"Bearer {token_for(user)}"
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("POST", path, body, **options)

    def post_form(self, path: str, fields: dict[str, Any], *, key: str = "") -> Any:
        """A multipart form, with files."""
        response = self.client.post(
            f"/api/v1{path}", fields, headers={**self.headers, "Idempotency-Key": key}
        )
        if self.check:
            hold_against_description("POST", response)
        return response

    def put(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.call("DELETE", path, **options)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | str | None = None,
        content_type: str = "application/json",
    ) -> Any:
        """The answer, already held against the description of the call."""
        data = raw if raw is not None else json.dumps(body) if body is not None else ""
        response = self.client.generic(
            method,
            path if path.startswith("/api/") else f"/api/v1{path}",
            data,
            content_type=content_type,
            headers={**self.headers, **(headers or {})},
        )
        if self.check:
            hold_against_description(method, response)
        return response


def refusal(response: Any, status: int, code: str) -> dict[str, Any]:
    """The `details` of a refusal, which must be this one."""
    assert response.status_code == status, response.content
    body = response.json()
    assert set(body) == {"error"}
    assert body["error"]["code"] == code, body
    assert body["error"]["message"]
    return body["error"]["details"]


def token_for(user: User) -> str:
    """A genuine access token, without the row of a refresh token."""
    import datetime as dt
    import uuid

    now = clock.now()
    return tokens.encode(
        user_id=user.pk, role=user.role, version=user.token_version, kind="access",
        jti=uuid.uuid4(), issued_at=now, expires_at=now + dt.timedelta(minutes=30),
    )  # fmt: skip


def hold_against_description(method: str, response: Any) -> None:
    """Fail when the status or the body is not what the OpenAPI document says."""
    match = response.resolver_match
    if match is None or match.view_name == "api:unknown" or response.status_code in EVERYWHERE:
        return
    path = "/" + PATH_PART.sub(r"{\1}", match.route)
    if path not in document()["paths"]:
        return
    described = document()["paths"][path][method.lower()]["responses"]
    status = str(response.status_code)
    assert status in described, f"{method} {path} answers {status}, described: {list(described)}"
    kind = response.get("Content-Type", "").partition(";")[0]
    content = described[status].get("content", {}).get("application/json")
    if kind and kind != "application/json":
        assert kind in described[status]["content"], f"{method} {path} answers {kind}"
        return
    if content is None or not response.content:
        assert not (content and status != "304"), f"{method} {path} {status} has no body"
        return
    errors = list(
        _validator(path, method.lower(), status).iter_errors(json.loads(response.content))
    )
    assert not errors, (
        f"{method} {path} {status}: {[(e.instance_path, e.message) for e in errors[:5]]}"
    )


@cache
def document() -> dict[str, Any]:
    from api import docs

    return json.loads(json.dumps(docs.document()))


@cache
def _validator(path: str, method: str, status: str) -> Draft202012Validator:
    found = document()["paths"][path][method]["responses"][status]["content"]["application/json"]
    return Draft202012Validator({**found["schema"], "components": document()["components"]})


@pytest.fixture
def api() -> Callable[..., ApiClient]:
    """`api()` is a stranger, `api(user)` that person."""
    return ApiClient


def signed_up(**values: Any) -> User:
    """A customer as registration makes one, with the password `a-long-passphrase`."""
    fields = {
        "email": "noa@mami.test",
        "password": "a-long-passphrase",
        "full_name": "Noa",
        **values,
    }
    return services.register(**fields, now=clock.now())

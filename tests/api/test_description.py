"""The OpenAPI document: valid, complete, and served."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from jsonschema_rs import Draft202012Validator

from devtools.postman import collection
from tests.api_client import document

pytestmark = pytest.mark.slow

METHODS = {"get", "post", "put", "patch", "delete"}


def operations():
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def test_is_valid_and_raises_no_warning(tmp_path, capsys):
    written = ("--format", "openapi-json", "--file", str(tmp_path / "schema.json"))
    call_command("spectacular", "--validate", "--fail-on-warn", *written)


def test_is_openapi_3_1():
    assert document()["openapi"].startswith("3.1")


def test_every_operation_is_named_once_and_says_who_may_call():
    names = [operation["operationId"] for _path, _method, operation in operations()]
    assert len(names) == len(set(names))
    for path, method, operation in operations():
        assert operation["summary"], (method, path)
        assert "For " in operation["description"], (method, path)
        assert "500" in operation["responses"], (method, path)


def test_a_body_is_as_partial_as_its_call_is():
    """PATCH is the method of moves and decisions too, whose fields may not be left out."""
    components, paths = document()["components"]["schemas"], document()["paths"]

    def required(path: str) -> list[str]:
        body = paths[f"/api/v1{path}"]["patch"]["requestBody"]
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert body.get("required", False) == ("required" in components[name])
        return components[name].get("required", [])

    assert required("/ops/orders/{order_id}/status") == ["status"]
    assert required("/ops/orders/{order_id}/items/{item_id}/picked-status") == ["picked_status"]
    assert required("/admin/stock-requests/{request_id}/review") == ["status"]
    assert required("/admin/stock-requests/bulk-review") == ["items"]
    for partial in ("/me", "/me/addresses/{address_id}", "/admin/products/{product_id}"):
        assert required(partial) == []


def test_what_is_referred_to_exists():
    """Security schemes, and the calls and path values that links lead to."""
    named = {operation["operationId"]: (path, operation) for path, _, operation in operations()}
    schemes = document()["components"]["securitySchemes"]
    links = 0
    for _path, _method, operation in operations():
        assert {name for one in operation["security"] for name in one} <= set(schemes)
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                path, _target = named[link["operationId"]]
                assert set(link["parameters"]) == set(re.findall(r"{(\w+)}", path))
                links += 1
    assert links > 30
    tags = [tag["name"] for tag in document()["tags"]]
    assert {tag for _, _, one in operations() for tag in one["tags"]} == set(tags)


def test_every_write_may_find_its_row_locked():
    for path, method, operation in operations():
        if method != "get":
            body = operation["responses"]["409"]["content"]["application/json"]["schema"]
            codes = body["properties"]["error"]["properties"]["code"]["enum"]
            assert "BUSY" in codes, (method, path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({}, "application/vnd.oai.openapi"),
        ({"query_params": {"format": "json"}}, "application/json"),
        ({"headers": {"Accept": "application/json"}}, "application/json"),
        ({"headers": {"Accept": "text/html,*/*"}}, "application/vnd.oai.openapi"),
    ],
)
def test_is_served(client, options, kind):
    response = client.get("/api/schema/", **options)
    assert response.status_code == 200
    assert response["Content-Type"].startswith(kind)
    if kind == "application/json":
        assert json.loads(response.content)["openapi"].startswith("3.1")
    again = client.get("/api/schema/", **{**options, "headers": {
        **options.get("headers", {}), "If-None-Match": response["ETag"]}})  # fmt: skip
    assert again.status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_the_pages_of_the_description_hold_nothing_inline(client, path):
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert "<script>" not in page
    assert "style=" not in page
    assert "//cdn" not in page
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert "unsafe-eval" not in response["Content-Security-Policy"]


def test_yaml_round_trip():
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    assert json.loads(out.getvalue())["paths"].keys() == document()["paths"].keys()


def test_every_body_and_answer_has_an_example_that_fits():
    components = document()["components"]
    for path, method, operation in operations():
        bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
        for name, body in bodies.items():
            content = body.get("content", {}).get("application/json")
            if content is None:
                continue
            errors = list(
                Draft202012Validator({**content["schema"], "components": components}).iter_errors(
                    content["example"]
                )
            )
            assert not errors, (method, path, name, errors[0].message, errors[0].instance_path)


def test_postman_collection_is_current():
    written = Path(settings.BASE_DIR, "docs", "mami.postman_collection.json").read_text("utf-8")
    assert json.loads(written) == collection(document()), "run `make docs`"


def test_postman_collection_has_every_call():
    requests = [r for folder in collection(document())["item"] for r in folder["item"]]
    assert len(requests) == len(list(operations()))

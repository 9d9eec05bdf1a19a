"""The OpenAPI document as a Postman collection: a folder for each tag, a request for each call."""

from __future__ import annotations

import json
from typing import Any

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
METHODS = ("get", "post", "put", "patch", "delete")


def collection(document: dict[str, Any]) -> dict[str, Any]:
    """A collection with the variables `baseUrl`, `token` and `idempotencyKey`."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = item[method]["tags"][0]
                folders.setdefault(tag, []).append(_request(path, method, item[method]))
    return {
        "info": {"name": "Mami", "schema": SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]},
        "variable": [
            {"key": "baseUrl", "value": "http://127.0.0.1:8000"},
            {"key": "token", "value": ""},
            {"key": "idempotencyKey", "value": "{{$guid}}"},
        ],
        "item": [{"name": tag, "item": requests} for tag, requests in sorted(folders.items())],
    }


def _request(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    parameters = operation.get("parameters", [])
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": operation.get("description", ""),
        "header": [_header(p) for p in parameters if p["in"] == "header"],
        "url": _url(path, parameters),
    }
    if operation.get("security") == [{}]:
        request["auth"] = {"type": "noauth"}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        text = json.dumps(content["example"], ensure_ascii=False, indent=2)
        request["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    return {"name": operation["summary"], "request": request}


def _header(parameter: dict[str, Any]) -> dict[str, Any]:
    values = {"Idempotency-Key": "{{idempotencyKey}}", "Accept-Language": "he"}
    name = parameter["name"]
    return {"key": name, "value": values.get(name, ""), "disabled": not parameter.get("required")}


def _url(path: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    variables = [p["name"] for p in parameters if p["in"] == "path"]
    for name in variables:
        path = path.replace(f"{{{name}}}", f":{name}")
    return {
        "raw": "{{baseUrl}}" + path,
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
        "variable": [{"key": name, "value": "1"} for name in variables],
        "query": [
            {"key": p["name"], "value": "", "disabled": True}
            for p in parameters
            if p["in"] == "query"
        ],
    }

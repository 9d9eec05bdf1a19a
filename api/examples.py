"""Examples for the description, told from names and types: one shopper, one product, one order."""

from __future__ import annotations

import re
from typing import Any

BY_NAME: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl",
    "address": "3 HaZait Street",
    "allergens": ["milk"],
    "available_quantity": 12,
    "barcode": "2900400000014",
    "bin": "A03-2-14",
    "bin_location": "A03-2-14",
    "branch_id": 1,
    "brand": "Kad VaKaf",
    "category_id": 12,
    "category_name": "Milk",
    "city": "Haifa",
    "code": "481516",
    "current_password": "a-long-passphrase",
    "customer_name": "Ada Levi",
    "date": "2026-11-26",
    "delivery_date": "2026-11-26",
    "delivery_slot_id": 17,
    "description": "Fresh cow's milk, 3% fat.",
    "dietary_tags": ["vegetarian"],
    "door_code": "1948#",
    "email": "ada@mami.test",
    "end_time": "20:00",
    "from": "2026-11-17",
    "to": "2026-11-23",
    "full_name": "Ada Levi",
    "image_url": None,
    "instructions": "Second door on the left.",
    "label": "Home",
    "last4": "4242",
    "line1": "3 HaZait Street",
    "name": "Fresh milk 3%",
    "name_en": "Fresh milk 3%",
    "name_he": "חלב טרי 3%",
    "new_password": "another-long-passphrase",
    "next_cursor": None,
    "opening_hours": {"0": ["07:00", "22:00"]},
    "order_number": "MS-7K3Q9ZTB",
    "password": "a-long-passphrase",
    "payment_reference": "sbx_4F2A91",
    "phone": "054-223-4567",
    "picks_per_hour": 92.5,
    "postal_code": "3100001",
    "product_name": "Fresh milk 3%",
    "product_sku": "MIL-0001",
    "provider": "sandbox",
    "quantity": 2,
    "rate": "18.00",
    "reference": "sbx_4F2A91",
    "refresh_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJqdGkiOiI3In0.c2lnbmF0dXJl",
    "sku": "MIL-0001",
    "start_time": "18:00",
    "token": "tok_visa",
    "vat_rate": "18.00",
    "version": "1.0.0",
}


def add_examples(document: dict[str, Any]) -> None:
    """Give every body and answer of the document an example that its own schema accepts."""
    for item in document["paths"].values():
        for operation in item.values():
            bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
            for body in bodies:
                for kind, content in body.get("content", {}).items():
                    if kind == "application/json" and not content.get("examples"):
                        content["example"] = example_of(content["schema"], document)


def example_of(schema: dict[str, Any], document: dict[str, Any], name: str = "") -> Any:
    """A value that fits the schema."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in ("allOf", "oneOf", "anyOf"):
        if choice in schema:
            return example_of(schema[choice][0], document, name)
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else next(k for k in kinds if k != "null")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        inner = schema.get("properties", {})
        if not inner and name in BY_NAME:
            return BY_NAME[name]
        return {key: example_of(value, document, key) for key, value in inner.items()}
    if kind == "array":
        one = example_of(schema["items"], document, "" if name in BY_NAME else name)
        return [one] if isinstance(one, dict | list) else BY_NAME.get(name, [one])
    if name in BY_NAME and _fits(BY_NAME[name], schema, kind):
        return BY_NAME[name]
    return schema.get("example", _usual(schema, kind, name))


def _fits(value: Any, schema: dict[str, Any], kind: str) -> bool:
    if value is None:
        return "null" in schema.get("type", ())
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    return isinstance(value, {"string": str, "array": list}.get(kind, int | float))


def _usual(schema: dict[str, Any], kind: str, name: str) -> Any:
    if kind == "boolean":
        return not name.startswith(("is_default", "save_"))
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1) or 1
    if schema.get("format") == "date-time":
        return "2026-11-23T16:05:00.000Z"
    if schema.get("format") == "date":
        return "2026-11-26"
    if ":" in schema.get("pattern", ""):
        return "22:00"
    return "…" if name == "message" else "text"

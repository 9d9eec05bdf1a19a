"""Every call about an order, in every state of an order, with a good body and with bad ones, and twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from django.urls import resolve

from orders.models import Order
from tests.api_client import ApiClient, document, refusal
from tests.hostile_input.after_order import (
    Aftermath,
    Balance,
    aftermath,
    books,
    changed,
    taken_back,
)
from tests.hostile_input.after_order_calls import CALLS, EVERY, Call
from tests.shop import open_with_sandbox
from tests.turns import one_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ANYWHERE = {"VALIDATION_ERROR", "NOT_FOUND", "PERMISSION_DENIED", "BUSY"}
NO_NUMBER = ("NaN", "Infinity", "1e1", "1_0", "١", "１", "x", True, [], {}, -1, "-1", 10**40,
             "9" * 40, 1e300, "0x1", "1,5", "0.0000001")  # fmt: skip
NO_TEXT = ("\x00", "a\x07b", "a\u202eb", "\ud800", "y" * 6000, [], {"a": 1}, True)
NO_LIST = ("x", 1, {}, [[]], ["x"], [None], [{}], [{"id": -1}])
NO_CHOICE = ("", "nothing", "created", 1, [], {}, "\x00", "DELIVERED ")
NO_YES = ("perhaps", 7, [], {}, "\x00")
FORBIDDEN = {"integer": NO_NUMBER, "number": NO_NUMBER, "decimal": NO_NUMBER, "string": NO_TEXT,
             "array": NO_LIST, "choice": NO_CHOICE, "boolean": NO_YES, "object": ("x", 1, [1])}  # fmt: skip


@pytest.fixture
def world(db: None) -> Iterator[Aftermath]:
    with open_with_sandbox() as shop:
        yield aftermath(shop)


def made(call: Call, world: Aftermath, order: Order, **more: Any) -> Any:
    return call.made_by(world.person(call.who), world, order, **more)


def codes_of(call: Call, path: str) -> set[str]:
    """The refusals that the call declares."""
    view = resolve(path).func.cls  # type: ignore[attr-defined]
    handler = getattr(view, call.method.lower())
    return {refusal.code for refusal in handler.operation.refusals}


def test_in_every_state(world: Aftermath) -> None:
    """Where the law lets it happen it does, and the books are right; elsewhere it is refused with a code
    that the call declares, and nothing is changed. Half of the states for each
    call, the other half for the next; the books are judged every sixth time."""
    wrong: list[Any] = []
    before, balance = books(), Balance()
    for turn, call in enumerate(CALLS):
        for place, (state, order) in enumerate(world.orders.items()):
            if (turn + place) % one_of(2):
                continue
            judged = not call.is_harmless and (turn + place) % EVERY == 0
            with taken_back(world.shop) as has_written:
                answer = made(call, world, order)
                row = (call.route, call.name, state, answer.status_code)
                if answer.status_code < 400:
                    if state not in call.fine_in:
                        wrong.append((*row, "should be refused"))
                    if judged and (found := balance.wrong()):
                        wrong.append((*row, found))
                    continue
                error = answer.json()["error"]
                if state in call.fine_in:
                    wrong.append((*row, error))
                if error["code"] not in codes_of(call, call.path(world, order)) | ANYWHERE:
                    wrong.append((*row, "undeclared", error["code"]))
                if answer.status_code != 402 and has_written() and (tables := changed(before)):
                    wrong.append((*row, error["code"], tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:60])


def test_a_change_to_more_than_the_shop_takes(world: Aftermath) -> None:
    """Said with its code by both faces, the preview included."""
    dear, order = world.shop.product(price=Decimal(90000)), world.orders["created"]
    lines = [{"product_id": dear.pk, "quantity": 2}]
    for who, face in (("ada", ""), ("mia", "/ops")):
        client = ApiClient(world.person(who))
        path = f"{face}/orders/{order.pk}/change"
        asked = {"lines": lines, "expected_version": 1}
        refusal(client.post(f"{path}/preview", asked), 409, "ORDER_TOO_LARGE")
        body = {**asked, "expected_total": "180000.00", "reason": "as you asked"}
        answer = client.post(path, body, headers={"Idempotency-Key": "k"})
        refusal(answer, 409, "ORDER_TOO_LARGE")


def fields(call: Call, path: str) -> dict[str, Any]:
    """The properties of the call's body as the description has them."""
    route = "/" + resolve(path).route
    for one in ("int", "str", "slug"):
        route = route.replace(f"<{one}:", "{")
    asked = document()["paths"][route.replace(">", "}")][call.method.lower()].get("requestBody")
    if not asked:
        return {}
    return _properties(asked["content"]["application/json"]["schema"])


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    schemas = document()["components"]["schemas"]
    while "$ref" in schema or "allOf" in schema or "oneOf" in schema:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        else:
            options = schema.get("allOf") or schema["oneOf"]
            schema = next(one for one in options if one.get("type") != "null")
    return dict(schema.get("properties", {}))


def kind_of(schema: dict[str, Any]) -> str:
    for option in schema.get("oneOf", schema.get("anyOf", ())):
        if option.get("type") != "null":
            return kind_of({**option, "oneOf": ()})
    if "$ref" in schema:
        return kind_of(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "allOf" in schema:
        return kind_of(schema["allOf"][0])
    if "enum" in schema:
        return "choice"
    kinds = schema.get("type", "object")
    kind = next(k for k in (kinds if isinstance(kinds, list) else [kinds]) if k != "null")
    return "decimal" if schema.get("format") == "decimal" else str(kind)


def spoiled(body: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with one field at a time that holds what it may not, those of its lists included."""
    for name, its in schema.items():
        for value in FORBIDDEN[kind_of(its)]:
            yield f"{name}={value!r}"[:60], {**body, name: value}
        inner = its.get("items")
        if inner and isinstance(body.get(name), list) and isinstance(body[name][0], dict):
            for what, line in spoiled(body[name][0], _properties(inner)):
                yield f"{name}[].{what}", {**body, name: [line]}
        elif isinstance(body.get(name), dict):
            for what, part in spoiled(body[name], _properties(its)):
                yield f"{name}.{what}", {**body, name: part}


def test_with_what_no_field_may_hold(world: Aftermath) -> None:
    """Each field of each body, where the rest would do: refused, and nothing is changed."""
    wrong: list[Any] = []
    tried = 0
    before = books()
    for turn, call in enumerate(CALLS):
        state = min(call.fine_in, default="created")
        order = world.orders[state]
        path = call.path(world, order)
        good = call.body(world, order) or {}
        for what, body in islice(spoiled(good, fields(call, path)), turn % EVERY, None, EVERY):
            with taken_back(world.shop) as has_written:
                answer = made(call, world, order, body=body)
                tried += 1
                row = (call.route, call.name, state, what, answer.status_code)
                if answer.status_code < 400 or answer.status_code >= 500:
                    wrong.append(row)
                elif has_written() and (tables := changed(before)):
                    wrong.append((*row, tables))
    assert not wrong, f"{len(wrong)} of {tried}\n" + "\n".join(str(one) for one in wrong[:80])
    assert tried > 1500 // EVERY


BROKEN = (b"", b"{", b"[]", b"null", b'"x"', b"1", b'{"a":1,"a":2', b"\xff\xfe", b"{" * 3000,
          b'{"amount": NaN}', b'{"amount": Infinity}', b'{"amount": 1e400}')  # fmt: skip


def test_with_what_is_no_body(world: Aftermath) -> None:
    wrong: list[Any] = []
    before = books()
    for turn, call in enumerate(CALLS):
        state = min(call.fine_in, default="created")
        order = world.orders[state]
        needs = bool(fields(call, call.path(world, order)))
        for raw in islice(BROKEN, turn % EVERY, None, EVERY):
            with taken_back(world.shop) as has_written:
                answer = ApiClient(world.person(call.who)).call(
                    call.method, call.path(world, order), raw=raw, headers={"Idempotency-Key": "k"}
                )
                row = (call.route, call.name, raw[:20], answer.status_code)
                if answer.status_code >= 500 or (needs and raw and answer.status_code < 400):
                    wrong.append(row)
                elif has_written() and answer.status_code >= 400 and (tables := changed(before)):
                    wrong.append((*row, tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:60])


KEYS = ("", " ", "א", "k" * 129, "a b", "\x7f", "a\tb")


def with_key() -> list[tuple[Call, str]]:
    """The calls that want a key, each with a state in which it happens."""
    return [(call, min(call.fine_in)) for call in CALLS if call.has_key and call.fine_in]


def test_without_a_good_key(world: Aftermath) -> None:
    wrong: list[Any] = []
    before = books()
    for call, state in with_key():
        for key in KEYS:
            with taken_back(world.shop) as has_written:
                answer = made(call, world, world.orders[state], key=key)
                code = answer.json().get("error", {}).get("code")
                if (answer.status_code, code) != (400, "MISSING_IDEMPOTENCY_KEY"):
                    wrong.append((call.route, call.name, repr(key), answer.status_code, code))
                elif has_written() and (tables := changed(before)):
                    wrong.append((call.route, repr(key), tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:60])


def test_the_same_key_again(world: Aftermath) -> None:
    """The same body: the same outcome; another one: 409, and nothing is changed."""
    wrong: list[Any] = []
    for call, state in with_key():
        order = world.orders[state]
        with taken_back(world.shop):
            body = call.body(world, order) or {}
            first = made(call, world, order, body=body)
            after = books()
            again = made(call, world, order, body=body)
            row = (call.route, call.name, first.status_code, again.status_code)
            if again.status_code not in {200, first.status_code} or changed(after):
                wrong.append((*row, again.content[:200], changed(after)))
            if call.route not in OTHER:
                continue
            answer = made(call, world, order, body={**body, **OTHER[call.route]})
            code = answer.json().get("error", {}).get("code")
            if (answer.status_code, code) != (409, "IDEMPOTENCY_KEY_REUSE_MISMATCH"):
                wrong.append((*row, "another body", answer.status_code, code))
            if tables := changed(after):
                wrong.append((*row, "another body", tables))
    assert not wrong, "\n".join(str(one) for one in wrong[:60])


OTHER: dict[str, dict[str, Any]] = {
    "api:order-change": {"notes": "something else"},
    "api:order-payment": {"payment": {"provider": "sandbox", "token": "tok_visa"}},
    "api:order-problems": {"items": [{"id": 1, "quantity": 1, "kind": "NOT_DELIVERED"}]},
    "api:ops-order-change": {"notes": "something else"},
    "api:admin-order-refund": {"amount": "2.00"},
    "api:admin-dispute-answer": {"text": "Something else."},
    "api:admin-dispute-accept": {"credit_note": True},
    "api:ops-customer-orders": {"notes": "something else"},
}


def test_twice(world: Aftermath) -> None:
    """The second of two with keys of their own, or without any: refused, or the books still right."""
    wrong: list[Any] = []
    balance = Balance()
    for turn, call in enumerate(CALLS):
        for state in islice(
            sorted(call.fine_in), turn % min(EVERY, len(call.fine_in) or 1), None, EVERY
        ):
            order = world.orders[state]
            with taken_back(world.shop):
                body = call.body(world, order)
                made(call, world, order, body=body)
                after = books()
                answer = made(call, world, order, body=body, key="another")
                row = (call.route, call.name, state, answer.status_code)
                if (found := balance.wrong()) or answer.status_code >= 500:
                    wrong.append((*row, answer.content[:200], found))
                elif answer.status_code >= 400 and answer.status_code != 402 and changed(after):
                    wrong.append((*row, changed(after)))
    assert not wrong, "\n".join(str(one) for one in wrong[:60])

"""Every body that the description knows, filled with what no field may hold."""

from __future__ import annotations

import json

import pytest
from django.apps import apps

from tests.api.test_description import operations
from tests.api_client import ApiClient, document, refusal
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db

DEEP = json.loads('{"a":' * 40 + "1" + "}" * 40)
NOT_A_TEXT = {"an object": DEEP, "a list": [["x"]], "yes": True, "too long": "x" * 9000}
NOT_TO_BE_SEEN = {
    "nul": "a\x00b",
    "bell": "a\x07b",
    "override": "a\u202eb",
    "isolate": "a\u2066b",
}
# What is compared and never shown is wrong or right as a whole, and says no more than that.
SECRETS = {"password", "current_password", "new_password", "token", "refresh_token"}
ABOUT_SECRETS = (
    "/login",
    "/second-factor",
    "/second-factor/confirm",
    "/recovery-codes",
    "/refresh",
    "/logout",
    "/reset-password",
    "/change-password",
    "/phone/verify",
)
# Of what is only looked for, marks that nobody sees are left out, and the rest is not found.
LOOKED_FOR = "/admin/search/"
DIRECTIONS = ("override", "isolate")
NOT_A_NUMBER = {"huge": 10**40, "huge, negative": -(10**40), "float": 1e300, "text": "NaN"}
NOT_A_LIST = {"text": "x", "number": 1, "an object": DEEP}
ODD_BUT_LEGAL = "'; DROP TABLE x;-- <script>alert(1)</script> 🍅 שָׁלוֹם"


def bodies():
    """Each call with a body: its path, its method, and the fields of the body by their kind."""
    schemas = document()["components"]["schemas"]
    for path, method, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            fields = schemas[content["schema"]["$ref"].rpartition("/")[2]]["properties"]
            yield path, method, {name: _kind(schema) for name, schema in fields.items()}


def _kind(schema):
    kinds = schema.get("type", "object")
    return next(k for k in (kinds if isinstance(kinds, list) else [kinds]) if k != "null")


@pytest.fixture
def send():
    """`send(path, method, body, language)` by somebody who may."""
    with open_with_sandbox() as shop:
        order = shop.order()
        people = {"customer": order.user, "admin": shop.person("ADMIN"), "nobody": None}

        def call(path, method, body, language="en"):
            staff = any(part in path for part in ("/admin", "/ops/", "/stock-requests"))
            who = "admin" if staff else "nobody" if "/auth/" in path else "customer"
            if path.endswith(("/logout", "/change-password")):
                who = "customer"
            while "{" in path:
                before, _, rest = path.partition("{")
                path = before + "1" + rest.partition("}")[2]
            client = ApiClient(people[who], language=language, check=False)
            headers = {"Idempotency-Key": "bad-body"}
            return client.call(method.upper(), path, body, headers=headers)

        yield call


def counted():
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("string", NOT_A_TEXT), ("string", NOT_TO_BE_SEEN), ("integer", NOT_A_NUMBER), ("number", NOT_A_NUMBER),
        ("array", NOT_A_LIST), ("boolean", {"text": "perhaps", "number": 7, "an object": DEEP}),
        ("object", {"text": "x", "number": 1, "a list": [1]}),
    ],
)  # fmt: skip
def test_each_field_is_named_in_the_callers_language(send, kind, values):
    before, asked = counted(), 0
    for path, method, fields in bodies():
        wanted = {name for name, its in fields.items() if its == kind}
        if values is NOT_TO_BE_SEEN:
            wanted = set() if path.endswith(ABOUT_SECRETS) else wanted - SECRETS
        for what, value in values.items() if wanted else ():
            if what in DIRECTIONS and LOOKED_FOR in path:
                continue
            language = ("he", "en")[asked % 2]
            response = send(path, method, dict.fromkeys(fields, value), language)
            assert response.status_code == 400, (method, path, what, response.content)
            found = refusal(response, 400, "VALIDATION_ERROR")["fields"]
            asked += 1
            assert wanted <= set(found), (method, path, what, wanted - set(found))
            texts = [text for name in wanted for text in found[name]]
            hebrew = [any("א" <= letter <= "ת" for letter in text) for text in texts]
            assert all(hebrew) if language == "he" else not any(hebrew), (path, texts)
    assert asked
    assert counted() == before


def test_markup_sql_and_pictures_are_text(send):
    """Where they are refused, it is for another reason than what they look like."""
    for path, method, fields in bodies():
        body = {n: ODD_BUT_LEGAL if kind == "string" else 1 for n, kind in fields.items()}
        response = send(path, method, body)
        assert response.status_code < 500, (method, path)
        assert "control characters" not in response.content.decode(), (method, path)

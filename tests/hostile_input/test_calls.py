"""No call of the API breaks, whatever stands in its address, its query or its headers."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.test import Client

from tests.api_client import document, token_for
from tests.hostile_input.test_pages import tell
from tests.hostile_input.values import HEADERS, IN_ADDRESSES, IN_QUERIES, Trial
from tests.shop import open_with_sandbox
from tests.turns import in_turn

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def calls(db):
    """A manager's client, and each path that answers GET with the names that its query takes."""
    with open_with_sandbox() as shop:
        shop.order()
        client = Client(headers={"Authorization": f"Bearer {token_for(shop.manager())}"})
        found = []
        for path, methods in document()["paths"].items():
            if "get" in methods:
                names = [
                    one["name"]
                    for one in methods["get"].get("parameters", ())
                    if one["in"] == "query"
                ]
                found.append((path, names))
        assert found
        yield client, found


def filled(path: str, value: str) -> str:
    """The path with this value in every place."""
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + value + rest.partition("}")[2]
    return path


def test_anything_in_the_address(calls):
    client, paths = calls
    trial = Trial(client)
    for turn, (path, _names) in enumerate(paths):
        for value in in_turn(IN_ADDRESSES, turn) if "{" in path else ():
            trial.call("get", filled(path, quote(value, errors="surrogatepass")))
    tell(trial)


def test_anything_in_the_query(calls):
    client, paths = calls
    trial = Trial(client)
    for turn, (path, names) in enumerate(paths):
        for value in in_turn(IN_QUERIES, turn) if names else ():
            odd = quote(value, errors="surrogatepass")
            trial.call("get", filled(path, "1") + "?" + "&".join(f"{name}={odd}" for name in names))
    tell(trial)


def test_anything_in_a_header(calls):
    client, paths = calls
    trial = Trial(client)
    for turn, (path, _names) in enumerate(paths[::3]):
        for headers in in_turn(HEADERS, turn):
            trial.call("get", filled(path, "1"), headers=headers)
    tell(trial)

"""Every address has a declared right, and every declared right an address."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from core.middleware import UNGUARDED_NAMESPACES
from core.rights import Right, allows, right_for
from mami.rights import API, PAGES, RIGHTS

pytestmark = pytest.mark.slow


def routes(
    patterns: list[URLPattern | URLResolver], namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from routes(pattern.url_patterns, inner)
        else:
            yield ":".join((*namespaces, pattern.name or "")), pattern


ROUTES = [
    (name, pattern)
    for name, pattern in routes(get_resolver().url_patterns)
    if name.split(":")[0] not in UNGUARDED_NAMESPACES
]


def test_every_address_has_a_right() -> None:
    lacking = [
        f"{name or '(no name)'} {pattern.pattern}" for name, pattern in ROUTES if name not in RIGHTS
    ]
    assert not lacking


def test_every_right_has_an_address() -> None:
    assert sorted(set(RIGHTS) - {name for name, _ in ROUTES}) == []
    assert not set(PAGES) & set(API)


def test_api_rows_name_the_methods_their_views_answer() -> None:
    wrong = {}
    for name, pattern in ROUTES:
        view = getattr(pattern.callback, "cls", None)
        row = RIGHTS.get(name)
        if view is None or not isinstance(row, dict):
            continue
        answered = {
            method.upper()
            for method in ("get", "post", "put", "patch", "delete")
            if hasattr(view, method)
        }
        if answered != set(row):
            wrong[name] = (sorted(answered), sorted(row))
    assert not wrong, "what the view answers, what the table names"


def test_an_address_without_a_row_is_closed() -> None:
    assert right_for("nobody:thought-of-it", "GET") is None
    assert right_for("api:health", "DELETE") is None
    assert right_for("api:health", "HEAD") is Right.PUBLIC


class Person:
    is_authenticated = True

    def __init__(self, role: str, *, active: bool = True) -> None:
        self.role, self.is_active = role, active


@pytest.mark.parametrize(
    ("right", "holders"),
    [
        (Right.PUBLIC, "CUSTOMER EMPLOYEE MANAGER ADMIN"),
        (Right.ANY, "CUSTOMER EMPLOYEE MANAGER ADMIN"),
        (Right.CUSTOMER, "CUSTOMER"),
        (Right.EMPLOYEE, "EMPLOYEE MANAGER ADMIN"),
        (Right.MANAGER, "MANAGER ADMIN"),
        (Right.ADMIN, "ADMIN"),
    ],
)
def test_who_holds_which_right(right: Right, holders: str) -> None:
    roles = ("CUSTOMER", "EMPLOYEE", "MANAGER", "ADMIN")
    assert " ".join(role for role in roles if allows(right, Person(role))) == holders
    if right is not Right.PUBLIC:
        assert not any(allows(right, Person(role, active=False)) for role in roles)


@pytest.mark.django_db
def test_pages_behind_a_right_send_strangers_to_the_entrance(client: Client) -> None:
    """Walked with the real middleware; ids are made up, and nobody gets far enough to look."""
    opened = []
    for name, pattern in ROUTES:
        row = RIGHTS.get(name)
        right = row.get("GET") if isinstance(row, dict) else row
        if name in API or right in (None, Right.PUBLIC):
            continue
        address = _address(name, pattern)
        response = client.get(address)
        if response.status_code != 302 or "/account/login/" not in response["Location"]:
            opened.append(f"{name} {address}: {response.status_code}")
    assert not opened


def _address(name: str, pattern: URLPattern) -> str:
    from django.urls import reverse

    made_up = {
        key: {
            "IntConverter": 987654321,
            "SlugConverter": "nothing",
            "StringConverter": "nothing",
        }.get(type(converter).__name__, "MS-00000000")
        for key, converter in pattern.pattern.converters.items()
    }
    return reverse(name, kwargs=made_up)

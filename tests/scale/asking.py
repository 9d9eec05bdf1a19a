"""Asks every list of the rights table with each of its filters, as the people who may."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from accounts.models import User
from catalog import process_cache
from catalog.models import Category
from core.rights import Right, right_for
from tests.api.test_description import operations
from tests.api_client import token_for
from tests.hostile_input.values import page_routes
from tests.scale.walk import NUMBER, TEXTS, offered

CUSTOMER, EMPLOYEE, ADMIN = "c77@bench.test", "eli@mami.test", "root@mami.test"
# What an address names; every other number is the key of a row that is there.
KNOWN: dict[str, Any] = {
    "number": NUMBER, "token": "x", "reference": "x", "path": "x", "product_id": 10_077, "pk": 10_077,
    "customer_id": 1_077, "user_id": 1_077, "date": "2026-11-25", "slug": "delivery", "item_id": 229,
    "branch_id": 1, "slot_id": 1,
}  # fmt: skip
# Pages that lead away, hand out a file or hold a connection: nothing of theirs is a list.
NOT_LISTS = frozenset(
    {
        "accounts:logout",
        "media",
        "orders:progress",
        "api:schema",
        "api:docs",
        "api:redoc",
        "metrics",
    }
)
PARAMETERS: dict[str, tuple[str, ...]] = {
    "q": TEXTS, "search": TEXTS, "limit": ("200",), "offset": ("150", "9000"), "branchId": ("1",), "branch_id": ("1",),
    "date": ("2026-11-30",), "day": ("2026-11-30",), "minPrice": ("5",), "maxPrice": ("20",),
    "product_id": ("10077",), "productId": ("10077",), "categoryId": ("9",), "category_id": ("9",),
    "brandId": ("3",), "brand": ("3",), "entity_id": ("77",), "actor_id": ("5",), "user_id": ("1077",),
    "customer_id": ("1077",), "order_number": (NUMBER,),
}  # fmt: skip


class Asking:
    """Each person's client; `requests` counts what was asked."""

    def __init__(self, watch: Any) -> None:
        """`watch` is a Watch, or whatever else looks on while it is `watching`."""
        self.watch, self.requests = watch, 0
        self.broken: list[str] = []
        self.clients: dict[str, Client] = {"": Client()}
        self.tokens: dict[str, str] = {}
        for email in (CUSTOMER, EMPLOYEE, ADMIN):
            user = User.objects.get(email=email)
            self.tokens[email] = f"Bearer {token_for(user)}"
            self.clients[email] = Client()
            self.clients[email].force_login(user)

    def ask(self, who: str, path: str, **headers: str) -> Any:
        """As if nobody had asked before: nothing is remembered of an earlier answer."""
        process_cache.forget()
        cache.clear()
        self.requests += 1
        with self.watch.watching(path):
            answer = self._get(who, path, headers)
        if answer.status_code >= 500:
            self.broken.append(f"{path} answered {answer.status_code}")
        return answer

    def _get(self, who: str, path: str, headers: dict[str, str]) -> Any:
        answer = self.clients[who].get(path, headers={"Accept-Language": "he", **headers})
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        answer.whole = body.decode(errors="replace")
        return answer

    def page(self, who: str, path: str) -> None:
        """A page, and every way to ask it that itself offers."""
        answer = self.ask(who, path)
        if answer.status_code == 200 and "html" in answer.get("Content-Type", ""):
            for address in offered(path, answer.whole):
                self.ask(who, address)

    def call(self, who: str, path: str, parameters: list[dict[str, Any]]) -> None:
        """A call of the API, with each of its parameters, and its next page."""
        headers = {"Authorization": self.tokens[who]} if who else {}
        required = {
            one["name"]: next(iter(_values(one)), "1") for one in parameters if one.get("required")
        }
        asked: list[dict[str, str]] = [required]
        asked += [{**required, one["name"]: value} for one in parameters for value in _values(one)]
        for query in asked:
            answer = self.ask("", f"{path}?{urlencode(query)}", **headers)
            pages = answer.status_code == 200 and "json" in answer.get("Content-Type", "")
            if pages and "cursor" in {one["name"] for one in parameters}:
                cursor = answer.json().get("pagination", {}).get("next_cursor")
                if cursor:
                    self.ask("", f"{path}?{urlencode({**query, 'cursor': cursor})}", **headers)


def everything(asking: Asking) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each list by its name, and what asks it."""
    for name, pattern in page_routes():
        right = right_for(name, "GET")
        if right is not None and name not in NOT_LISTS:
            for path in _addresses(name, pattern):
                who = _who(right, name)
                yield path, lambda who=who, path=path: asking.page(who, path)
    for path in _office():
        yield path, lambda path=path: asking.page(ADMIN, path)
    for template, method, operation in operations():
        name = _route_of(template)
        right = right_for(name, "GET") if method == "get" else None
        if right is not None and name not in NOT_LISTS:
            path = _filled(template)
            who = _who(right, name)
            parameters = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
            yield path, lambda who=who, path=path, ps=parameters: asking.call(who, path, ps)


def _who(right: Right, name: str) -> str:
    if right is Right.PUBLIC:
        return ""
    if right is Right.CUSTOMER or (right is Right.ANY and "accounts" not in name):
        return CUSTOMER
    return EMPLOYEE if right is Right.EMPLOYEE and name.startswith("stockrequests") else ADMIN


def _addresses(name: str, pattern: URLPattern) -> Iterator[str]:
    if name == "catalog:department":
        for category in Category.objects.filter(aisle="").order_by("?")[:3]:
            yield reverse(name, args=[category.slug])
        return
    known = {key: KNOWN.get(key, 1) for key in pattern.pattern.converters}
    try:
        yield reverse(name, kwargs=known)
    except NoReverseMatch:
        return


def _office() -> Iterator[str]:
    """The lists and pages of the office, and one row of each list."""
    yield reverse("admin:index")
    for model in sorted(admin.site._registry, key=lambda one: one._meta.label):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row])
    for pattern in itertools.chain.from_iterable(
        found.url_patterns for found in get_resolver().url_patterns if getattr(found, "namespace", "") == "admin"
    ):  # fmt: skip
        for inner in getattr(pattern, "url_patterns", ()):
            if inner.name and not inner.name.endswith(
                ("_changelist", "_change", "_add", "_history", "_delete")
            ):
                try:
                    yield reverse(
                        f"admin:{inner.name}",
                        kwargs={k: KNOWN.get(k, 1) for k in inner.pattern.converters},
                    )
                except NoReverseMatch:
                    continue


def _filled(template: str) -> str:
    path = template
    while "{" in path:
        before, _, rest = path.partition("{")
        name, _, after = rest.partition("}")
        value = (
            NUMBER
            if name in {"order_id", "order_number"} and "orders" in before
            else KNOWN.get(name, 9)
        )
        path = f"{before}{quote(str(value))}{after}"
    return path


def _route_of(template: str) -> str:
    from django.urls import resolve

    try:
        return resolve(_filled(template)).view_name
    except Exception:
        return ""


def _values(parameter: dict[str, Any]) -> list[str]:
    """Values to try of a parameter: what its description lists, or what is known of its name."""
    if parameter["name"] == "export":  # a file holds everything
        return []
    schema = parameter.get("schema", {})
    schema = schema.get("items", schema)
    if "enum" in schema:
        return [str(value) for value in schema["enum"] if value not in {None, ""}]
    if schema.get("type") == "boolean":
        return ["true", "false"]
    return list(PARAMETERS.get(parameter["name"], ()))

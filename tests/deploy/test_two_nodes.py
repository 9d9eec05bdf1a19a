"""Nothing lives in a process or on its disk: every request of a visit goes to another node than the one before."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.urls import reverse
from pytest_django import Settings

from devtools import smoke
from tests.deploy.front import WebNode
from tests.deploy.two_nodes import two_nodes
from tests.shop import open_shop

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PASSWORD = "gxkq-4-lemons"


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[WebNode]]:
    with two_nodes(tmp_path) as started:
        yield started


class Alternating(smoke.Walk):
    """The walk of `make smoke`, each call at the other node."""

    def at(self, nodes: list[WebNode]) -> Alternating:
        self.turns = itertools.cycle(node.port for node in nodes)
        return self

    def call(self, *arguments: object, **options: object) -> smoke.Reply:
        self.url = f"http://127.0.0.1:{next(self.turns)}"
        return super().call(*arguments, **options)  # type: ignore[arg-type]


def test_a_visit_at_two_nodes_is_one_visit(
    nodes: list[WebNode], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["accounts.hashing.Argon2id"]  # which the nodes know
    shop = open_shop(capacity=20)
    shop.product(stock=50)
    ada = shop.customer()
    ada.set_password(PASSWORD)
    ada.save()
    monkeypatch.setenv("SMOKE_EMAIL", ada.email)
    monkeypatch.setenv("SMOKE_PASSWORD", PASSWORD)

    walk = Alternating(url="").at(nodes)
    for step in smoke.STEPS:  # the same key at both nodes is one order; the other cancels it
        step(walk)

    _signed_in_once(nodes, ada.email)
    _guessed_at_both(nodes)


def _signed_in_once(nodes: list[WebNode], email: str) -> None:
    """A session, its forms and its basket are known at the other node."""
    turns = itertools.cycle(f"http://127.0.0.1:{node.port}" for node in nodes)
    visit = requests.Session()
    page = visit.get(next(turns) + reverse("accounts:login"), timeout=20)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token is not None
    form = {
        "username": email,
        "email": email,
        "password": PASSWORD,
        "csrfmiddlewaretoken": token[1],
    }
    signed = visit.post(
        next(turns) + reverse("accounts:login"), form, timeout=20, allow_redirects=False
    )
    assert signed.status_code == 302, signed.text[-500:]
    for _ in nodes:
        home = visit.get(next(turns) + reverse("accounts:home"), timeout=20, allow_redirects=False)
        assert home.status_code == 200


def _guessed_at_both(nodes: list[WebNode]) -> None:
    """Ten wrong passwords are ten wherever they were tried."""
    turns = itertools.cycle(f"http://127.0.0.1:{node.port}/api/v1/auth/login" for node in nodes)
    body = {"email": "nobody@mami.test", "password": "wrong"}
    answers = [requests.post(next(turns), json=body, timeout=20).status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2

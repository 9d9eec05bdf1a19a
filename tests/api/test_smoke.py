"""The walk after a release finds an open shop open, and a broken one broken."""

from __future__ import annotations

import pytest

from accounts.tests.factories import PASSWORD
from devtools import smoke
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db, monkeypatch):
    with open_with_sandbox() as opened:
        ada = opened.customer()
        ada.set_password(PASSWORD)
        ada.save()
        monkeypatch.setenv("SMOKE_EMAIL", ada.email)
        monkeypatch.setenv("SMOKE_PASSWORD", PASSWORD)
        monkeypatch.setenv("SMOKE_ORIGIN", "https://app.mami.test")
        yield opened


def test_open_shop(shop, live_server, capsys):
    milk = shop.product()
    assert smoke.walk_through(live_server.url), capsys.readouterr().out
    assert shop.stock(milk) == (100, 0)
    assert "✓ cancel" in capsys.readouterr().out


def test_empty_shelves(shop, live_server, capsys):
    assert not smoke.walk_through(live_server.url)
    assert "✗ search: the shelves are empty" in capsys.readouterr().out


def test_wrong_password(shop, live_server, capsys, monkeypatch):
    monkeypatch.setenv("SMOKE_PASSWORD", "wrong")
    assert not smoke.walk_through(live_server.url)
    assert "INVALID_CREDENTIALS" in capsys.readouterr().out


def test_nobody_there(capsys):
    assert not smoke.walk_through("http://127.0.0.1:9")
    assert "✗ health: no answer" in capsys.readouterr().out

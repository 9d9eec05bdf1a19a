"""The walk after a release finds an open shop open, and a broken one broken."""

from __future__ import annotations

import datetime as dt
import json
import urllib.request

import pytest

from accounts.tests.factories import PASSWORD
from branches.models import DeliverySlot
from branches.services import update_calendar
from core import clock
from core.clock import SHOP_TZ, day_of_week, shop_date, shop_instant
from devtools import smoke
from orders.models import Order
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


@pytest.fixture
def saturday(monkeypatch):
    """The shop's clock says noon of the last Saturday, as that of a copy under proof does."""
    now = dt.datetime.now(SHOP_TZ)
    back = (now.weekday() - 5) % 7 or 7
    noon = shop_instant(now.date() - dt.timedelta(days=back), dt.time(12))
    monkeypatch.setenv("MAMI_COPY_LAG", str((now - noon).total_seconds()))
    clock.behind.cache_clear()
    yield
    monkeypatch.undo()
    clock.behind.cache_clear()


def test_on_a_saturday(saturday, shop, live_server, capsys):
    """Nobody picks then: its own windows are closed, and the first open one comes after it."""
    update_calendar(actor=None, changes={"keeps_shabbat": True})
    shop.product()
    day = shop_date(clock.now())
    DeliverySlot.objects.create(
        branch=shop.warehouse, day_of_week=day_of_week(day), capacity=9,
        start_time=dt.time(14), end_time=dt.time(16),
    )  # fmt: skip
    asked = f"{live_server.url}/api/v1/delivery-slots/available?days=1"
    with urllib.request.urlopen(asked) as answer:
        windows = json.load(answer)["data"]
    assert {one["date"] for one in windows} == {day.isoformat()}
    assert {(one["is_open"], one["closed_reason"]) for one in windows} <= {
        (False, "SHABBAT"), (False, "HOLIDAY")
    }  # fmt: skip
    assert smoke.walk_through(live_server.url), capsys.readouterr().out
    assert Order.objects.get().due_at > clock.now()


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

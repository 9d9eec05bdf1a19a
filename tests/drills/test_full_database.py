"""D11, the database's disk: writes are refused with a time to come back, the shelf stays open, and when
there is room again the same order goes through, once.

The tables lie on a small file system of their own where one can be mounted, else the server's own words
for a full disk are put in.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from checkout.services import recover
from checkout.tests.test_faults import broken_books
from core import clock
from orders.models import Order
from runtime.embedded.tests.conftest import throw_away_folder, until
from tests.api_client import ApiClient, refusal
from tests.settings import CLUSTER
from tests.shop import Shop, open_with_sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("full-database")]
Fill = Callable[[bool], None]
NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
"""


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def fill(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Fill]:
    """`fill(True)` takes all room of the table that the test names, `fill(False)` gives it back."""
    table = request.param
    with throw_away_folder() as folder:
        place = folder / "tables"
        place.mkdir()
        owner = os.stat(CLUSTER.data).st_uid
        mounted = os.geteuid() == 0 and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size=2m,uid={owner},mode=700", "tmpfs", place],
            check=False, stderr=subprocess.DEVNULL,
        ).returncode  # fmt: skip
        try:
            yield from _on_a_disk(table, place) if mounted else _in_words(table)
        finally:
            if mounted:
                subprocess.run(["umount", place], check=True)


def _leave_no_page(table: str) -> None:
    """The next row has to take room from the disk.

    Deleted rows that the snapshot of another process (autovacuum's ANALYZE, say) could still see survive
    a VACUUM FULL, and the next row would fit into their page.
    """

    def is_bare() -> bool:
        run(f"VACUUM FULL {table}")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_relation_size(%s)", [table])
            return bool(cursor.fetchone() == (0,))

    until(is_bare)


def _on_a_disk(table: str, place: Path) -> Iterator[Fill]:
    ballast = place / "ballast"
    room = f"room_of_{os.getpid()}_{time.time_ns()}"  # a run that was killed may have left its own behind

    def fill(full: bool) -> None:
        if not full:
            ballast.unlink()
            return
        with ballast.open("wb", buffering=0) as file:
            while os.statvfs(place).f_bavail:
                file.write(b"x" * 1024)

    run(f"CREATE TABLESPACE {room} LOCATION '{place}'")
    try:
        run(f"ALTER TABLE {table} SET TABLESPACE {room}")
        _leave_no_page(table)
        yield fill
    finally:
        run(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        run(f"DROP TABLESPACE {room}")


def _in_words(table: str) -> Iterator[Fill]:
    run(NO_ROOM)

    def fill(full: bool) -> None:
        made = f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()"
        run(made if full else f"DROP TRIGGER no_room ON {table}")

    yield fill
    run("DROP FUNCTION no_room CASCADE")


@pytest.mark.parametrize(
    "fill",
    ["checkout_reservation", "orders_order"],  # before the money is held, and after
    indirect=True,
)
def test_an_order_waits_for_room_and_is_made_once(shop: Shop, fill: Fill) -> None:
    ada = shop.customer()
    milk = shop.product(name_en="Milk")
    shop.fill(ada, {milk: 3})
    body = {"fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk}
    key = {"Idempotency-Key": "k"}
    fill(True)
    refused = ApiClient(ada).post("/checkout/confirm", body, headers=key)
    refusal(refused, 503, "SERVICE_UNAVAILABLE")
    assert int(refused["Retry-After"]) > 0
    assert ApiClient().get(f"/products/{milk.pk}").json()["data"]["name"] == "Milk"
    assert not Order.objects.exists()
    fill(False)
    # What was between its steps the worker finishes, as after a crash; else the order begins anew.
    recover(now=clock.now() + dt.timedelta(minutes=2))
    made = ApiClient(ada).post("/checkout/confirm", body, headers=key)
    assert made.status_code in (200, 201), made.content
    assert Order.objects.count() == 1
    assert len([hold for hold in shop.sandbox.ledger.holds() if hold["status"] == "HELD"]) == 1
    assert broken_books() == {}

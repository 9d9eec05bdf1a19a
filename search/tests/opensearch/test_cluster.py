"""A real node: writes while an index is built, a node that dies in the middle, and what comes after."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from catalog import selectors, services
from catalog.models import Product
from catalog.tests import factories
from core import clock
from search import asking, breaker, documents, opensearch, outbox, rebuilding
from search.models import GenerationState, SearchChange, SearchDocument, SearchGeneration
from search.present import present
from search.sync import sync
from search.tests.engines import PATIENT_MS, asked, settled
from tests.opensearch.server import SearchNode
from tests.races import codes, race

HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def node(server: SearchNode, transactional_db: None) -> Iterator[SearchNode]:
    """The node, over forty products that are indexed and asked."""
    with asked(server, prefix="cluster"):
        place, brand = factories.category(), factories.brand()
        for number in range(40):
            name = f"avocado {number}"
            factories.stocked(category=place, brand=brand, name_he=name, name_en=name)
        documents.rebuild()
        rebuilding.rebuild(say=lambda line: None)
        yield server


def listed(**asked_for: Any) -> Any:
    return selectors.listing(q="avocado", limit=50, offset=0, **asked_for)


def reprice(product_id: int, price: Decimal) -> None:
    services.update_product(actor=None, product_id=product_id, changes={"price": price})


def same_everywhere() -> None:
    """Every index has every document as it is now."""
    ids = list(SearchDocument.objects.values_list("pk", flat=True))
    for generation in SearchGeneration.objects.all():
        opensearch.cluster().refresh(generation.index)
        there = opensearch.cluster().read(generation.index, ids)
        assert there == {document.product_id: document.fields for document in present(ids)}


def test_an_index_is_built_while_two_hundred_writes_run(node: SearchNode) -> None:
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    failed: list[Exception] = []
    silent: list[str] = []
    written = threading.Event()

    def write() -> None:
        try:
            for number in range(200):
                reprice(ids[number % len(ids)], Decimal(number + 1) / 10)
        except Exception as error:
            failed.append(error)
        finally:
            written.set()
            connections.close_all()

    def search() -> None:
        try:
            while not written.wait(0.05):
                page = listed()
                if page.degraded or page.total != 40:
                    silent.append(f"{page.engine} {page.total}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write), threading.Thread(target=search)]
    for thread in threads:
        thread.start()
    built = rebuilding.rebuild(say=lambda line: None)
    for thread in threads:
        thread.join()
    assert (failed, silent) == ([], [])
    settled("opensearch")
    assert SearchGeneration.objects.get(state=GenerationState.LIVE) == built
    same_everywhere()
    assert rebuilding.roll_back().state == GenerationState.LIVE
    assert listed().total == 40
    assert rebuilding.drop_old() == [built.index]
    assert SearchGeneration.objects.count() == 1


def test_a_failed_comparison_leaves_the_old_index(
    node: SearchNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = SearchGeneration.objects.get()
    monkeypatch.setattr(rebuilding, "SETTLING_SECONDS", 1)
    stuck = SearchChange.objects.create(product_id=1, claimed_until=clock.now() + HOUR)
    with pytest.raises(CommandError, match="wait"):
        call_command("search_index", "rebuild", stdout=io.StringIO())
    stuck.delete()
    assert SearchGeneration.objects.get() == before
    assert listed().engine == "opensearch"


@pytest.mark.parametrize("versioned", [True, False])
def test_an_older_state_never_replaces_a_newer_one(
    node: SearchNode, monkeypatch: pytest.MonkeyPatch, versioned: bool
) -> None:
    """The control is without versions: then the price of before is found again."""
    if not versioned:
        monkeypatch.setattr(opensearch, "_where", unversioned)
    product_id = Product.objects.earliest("pk").pk
    (old,) = present([product_id])
    reprice(product_id, Decimal("3.30"))
    sync()
    index = SearchGeneration.objects.get().index
    assert opensearch.cluster().apply({index: opensearch.SCHEMA}, [old]) == {}
    there = opensearch.cluster().read(index, [product_id])[product_id]["price"]
    if versioned:
        assert there == 330
        same_everywhere()
    else:
        assert there == old.fields["price"] != 330


def unversioned(index: str, product_id: int, version: int) -> dict[str, Any]:
    return {"_index": index, "_id": str(product_id)}


def test_a_refused_document_waits_longer_and_longer_and_is_listed(node: SearchNode) -> None:
    """The index knows another kind of price: eight tries, then the manager is told; a rebuild heals."""
    (product_id,) = Product.objects.order_by("pk").values_list("pk", flat=True)[:1]
    live = SearchGeneration.objects.get()
    client = opensearch.cluster()._client
    opensearch.cluster().drop(live.index)
    client.indices.create(
        index=live.index, body={"mappings": {"properties": {"price": {"type": "boolean"}}}}
    )
    opensearch.cluster().promote(live.index)
    reprice(product_id, Decimal("5.50"))
    pauses = []
    for _ in range(outbox.MOST_TRIES):
        before = clock.now()
        sync()
        (row,) = SearchChange.objects.all()
        assert row.refused
        assert row.claimed_until is not None
        pauses.append((row.claimed_until - before).total_seconds())
        SearchChange.objects.update(claimed_until=clock.now() - HOUR)
    assert pauses[0] < 100 < pauses[-1]
    assert sync() == 0  # given up
    said = io.StringIO()
    call_command("search_index", "status", stdout=said)
    assert f"given up: product {product_id}" in said.getvalue()
    call_command("search_index", "rebuild", stdout=io.StringIO())
    assert SearchChange.objects.count() == 0
    assert listed(min_price=Decimal("5.50"), max_price=Decimal("5.50")).total == 1


def test_two_syncs_share_the_work_and_a_dead_one_harms_nothing(node: SearchNode) -> None:
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for product_id in ids:
        reprice(product_id, Decimal("7.70"))
    assert codes(race([sync, sync])) == ["ok", "ok"]
    assert SearchChange.objects.count() == 0
    reprice(ids[0], Decimal("8.80"))
    (claimed,) = outbox.claim_changes(
        10
    )  # who claimed it sends it, and dies before it is taken away
    index = SearchGeneration.objects.get().index
    opensearch.cluster().apply({index: opensearch.SCHEMA}, present([ids[0]]))
    assert sync() == 0
    SearchChange.objects.filter(pk=claimed.pk).update(claimed_until=clock.now() - HOUR)
    assert sync() == 1
    assert SearchChange.objects.count() == 0
    same_everywhere()


def test_a_node_that_dies_costs_nobody_an_answer(
    server: SearchNode, node: SearchNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 3600.0)  # however long it takes to start again
    product_id = Product.objects.earliest("pk").pk
    assert (listed().engine, listed().degraded) == ("opensearch", False)
    server.kill()
    for _ in range(3):
        page = listed()
        assert (page.engine, page.degraded, page.total) == ("postgresql", True, 40)
    assert not asking.breaker.may_ask()  # open: nobody waits for it any more
    reprice(product_id, Decimal("4.40"))
    assert sync() == 0
    assert outbox.waiting(clock.now()).changes == 1
    assert listed(min_price=Decimal("4.40"), max_price=Decimal("4.40")).total == 1
    server.start()
    assert listed().degraded  # it serves again, and is left alone still
    asking.breaker._open_until -= breaker.OPEN_SECONDS  # the pause is over
    assert (listed().engine, asking.breaker._open_until) == ("opensearch", 0)  # the trial closes it
    settled("opensearch")
    assert SearchChange.objects.count() == 0
    page = listed(min_price=Decimal("4.40"), max_price=Decimal("4.40"))
    assert (page.engine, page.degraded, page.total) == ("opensearch", False, 1)
    same_everywhere()


KILLED = """
import os, signal, django
django.setup()
from search import outbox, sync
outbox.done = lambda changes: os.kill(os.getpid(), signal.SIGKILL)
sync.sync()
"""


def test_a_worker_killed_between_bulk_and_delete_loses_nothing(node: SearchNode) -> None:
    """A real process and a real SIGKILL: what it had sent is sent once more, and counts stay equal."""
    ids = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for product_id in ids[:5]:
        reprice(product_id, Decimal("6.60"))
    database, _, options = os.environ["DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    worker = subprocess.run(
        [sys.executable, "-c", KILLED],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": f"{database.rpartition('/')[0]}/{name}?{options}",
            "DJANGO_SETTINGS_MODULE": "mami.settings",
            "SEARCH_OPENSEARCH_URL": node.url,
            "SEARCH_OPENSEARCH_PREFIX": "cluster",
            "SEARCH_OPENSEARCH_TIMEOUT_MS": str(PATIENT_MS),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL, worker.stderr
    index = SearchGeneration.objects.get().index
    sent = opensearch.cluster().read(index, [ids[1]])
    assert sent[ids[1]]["price"] == 660  # it had come so far
    assert SearchChange.objects.count() == 5  # and not further
    assert sync() == 0  # claimed by who is dead
    SearchChange.objects.update(claimed_until=clock.now() - HOUR)
    assert sync() == 5
    assert SearchChange.objects.count() == 0
    opensearch.cluster().refresh(index)
    assert opensearch.cluster().count(index) == SearchDocument.objects.count() == 40
    same_everywhere()

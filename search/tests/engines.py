"""The engines that the contract runs on: PostgreSQL always, a real OpenSearch with `make test-opensearch`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from runtime import embedded
from search import asking, opensearch, outbox, rebuilding
from search.breaker import SearchBreaker
from search.models import GenerationState, SearchChange, SearchDocument, SearchGeneration
from search.sync import sync
from tests.opensearch.server import SearchNode

WITH_OPENSEARCH = os.environ.get("MAMI_TEST_OPENSEARCH") == "1"
ENGINES = ["postgresql", "opensearch"] if WITH_OPENSEARCH else ["postgresql"]
PATIENT_MS = 20_000  # a busy machine is no outage
_sent: set[int] = set()
_above = count(1_000_000, 1_000)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchNode]:
    """A real node. Fails, and never skips, where it does not start."""
    cache = Path(os.environ.get("MAMI_TEST_VAR") or embedded.var_folder()) / ".cache" / "opensearch"
    node = SearchNode(tmp_path_factory.mktemp("opensearch"), cache=cache)
    try:
        yield node.start()
    finally:
        node.remove()


@contextmanager
def asked(node: SearchNode, *, prefix: str = "mami") -> Iterator[None]:
    """Within, this node answers texts."""
    where = {
        "URL": node.url,
        "PASSWORD": None,
        "CA": None,
        "PREFIX": prefix,
        "TIMEOUT_MS": PATIENT_MS,
    }
    asking.breaker = SearchBreaker()
    with override_settings(SEARCH_OPENSEARCH=where):
        yield
    asking.breaker = SearchBreaker()


@pytest.fixture(scope="session")
def _node(request: pytest.FixtureRequest) -> SearchNode | None:
    """The node where one is tested: it starts before a module's transaction begins, which would not
    be waited for as long.
    """
    return request.getfixturevalue("server") if WITH_OPENSEARCH else None


@pytest.fixture(scope="module", params=ENGINES)
def _engine(
    request: pytest.FixtureRequest,
    _node: SearchNode | None,
    _demo: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """One engine over the demo shop of the module."""
    if _node is None or request.param == "postgresql":
        yield "postgresql"
        return
    with django_db_blocker.unblock(), asked(_node, prefix="demo"):
        rebuilding.rebuild(say=lambda line: None)
        yield "opensearch"
        SearchGeneration.objects.all().delete()


@pytest.fixture
def engine(_engine: str, demo_shop: None) -> str:
    """The name of the engine that answers in this test; the demo shop is undone after it.

    A cluster is not undone with it, and takes nothing that is older than what it has: it is told
    anew, with versions above those of the tests before, what these changed.
    """
    if _engine == "opensearch" and _sent:
        SearchDocument.objects.filter(product__in=_sent).update(version=next(_above))
        outbox.note_changes(_sent)
        settled(_engine)
    return _engine


def settled(engine: str) -> None:
    """Let what was changed be found."""
    while outbox.take_in_crossings():
        pass
    if engine == "opensearch":
        _sent.update(SearchChange.objects.values_list("product_id", flat=True))
        sync()
        live = SearchGeneration.objects.get(state=GenerationState.LIVE)
        opensearch.cluster().refresh(live.index)

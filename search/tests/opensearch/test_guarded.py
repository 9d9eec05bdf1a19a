"""A cluster as `deploy/` has it, behind TLS and passwords: the shop's own account may do what search needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from catalog import selectors
from catalog.tests import factories
from runtime import embedded
from search import asking, documents, rebuilding
from search.breaker import SearchBreaker
from search.opensearch import SearchCluster, SearchDown
from search.tests.engines import PATIENT_MS
from tests.architecture.project import ROOT
from tests.deploy.certificates import certificate
from tests.opensearch.guarded_server import GuardedNode, account

PASSWORD = "Long-And-Random-4-tests"
ROLE = (ROOT / "deploy" / "search" / "role.json").read_bytes()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedNode]:
    cache = Path(os.environ.get("MAMI_TEST_VAR") or embedded.var_folder()) / ".cache" / "opensearch"
    folder = tmp_path_factory.mktemp("guarded")
    node = GuardedNode(folder / "node", cache=cache, tls=certificate(folder / "tls", "search"))
    try:
        node.start()
        account(node, role=ROLE, password=PASSWORD)
        yield node
    finally:
        node.remove()


def where(node: GuardedNode, **other: Any) -> dict[str, Any]:
    address = node.url.replace("https://", "https://shop@")
    return {
        "URL": address, "PASSWORD": PASSWORD, "CA": str(node.tls.ca), "PREFIX": "mami",
        "TIMEOUT_MS": PATIENT_MS, **other,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_shops_account_builds_fills_and_asks(guarded: GuardedNode) -> None:
    place = factories.category()
    for name in ("avocado one", "avocado two"):
        factories.stocked(category=place, name_he=name, name_en=name)
    documents.rebuild()
    asking.breaker = SearchBreaker()
    with override_settings(SEARCH_OPENSEARCH=where(guarded)):
        rebuilding.rebuild(say=lambda line: None)
        page = selectors.listing(q="avocado", limit=10, offset=0)
        rebuilding.rebuild(say=lambda line: None)  # which drops the index of before
    asking.breaker = SearchBreaker()
    assert (page.engine, page.total) == ("opensearch", 2)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"PASSWORD": "wrong"}, "refused"),
        ({"CA": None}, "unreachable"),
        ({"PREFIX": "others"}, "refused"),
    ],
)
def test_anybody_else_gets_nothing(
    guarded: GuardedNode, other: dict[str, Any], reason: str
) -> None:
    cluster = SearchCluster(**where(guarded, **other))
    with pytest.raises(SearchDown, match=reason):
        cluster.create_generation(f"{cluster.prefix}-products-9")


def test_it_speaks_to_nobody_in_clear(guarded: GuardedNode) -> None:
    plain = where(guarded, URL=guarded.url.replace("https", "http"), PASSWORD=None)
    with pytest.raises(SearchDown):
        SearchCluster(**plain).search({})

"""The demo shop as the tests of the catalogue know it, and the engines."""

from typing import Any

import pytest

from catalog.tests import factories
from catalog.tests.conftest import _demo, demo_shop  # noqa: F401
from search import documents, querylog
from search.tests.engines import WITH_OPENSEARCH, _engine, _node, engine, server  # noqa: F401
from tests.shop import open_shop

collect_ignore = [] if WITH_OPENSEARCH else ["opensearch"]


@pytest.fixture
def shop(db: None) -> Any:
    """A shop that sells milk and bread, with nothing waiting to be logged."""
    querylog._waiting.clear()
    shop = open_shop()
    for name in ("חלב טרי", "לחם אחיד"):
        factories.product(category=shop.category, name_he=name, name_en=name)
    documents.rebuild()
    return shop


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not WITH_OPENSEARCH:
        terminalreporter.write_line("OpenSearch was not tested: make test-opensearch")

"""The journeys on two nodes behind nginx: `make test-two-nodes`.

The nodes share the tests' database, the key, and the payment provider's ledger; everything else is each one's
own. nginx hands each request of a connection to the other node than the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from runtime.run.tests.conftest import free_port
from tests.deploy.front import Nginx
from tests.deploy.two_nodes import two_nodes

# As tests/settings.py has it for the process that serves the journeys otherwise.
AS_TESTS = {
    "MAMI_DEMO": "1", "MAMI_REHEARSAL": "0", "MAMI_HTTPS": "1", "KEEPS_SHABBAT": "0", "PASSOVER_MODE": "OFF",
    "LOG_LEVEL": "WARNING", "WEB_DRAIN_SECONDS": "0",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ServedTwice:
    """`url` is nginx's; `ledger` is where both nodes' payment provider keeps its books."""

    url: str
    ledger: Path


@contextmanager
def served_by_two_nodes(folder: Path) -> Iterator[ServedTwice]:
    """Both are ready, until the end."""
    front = folder / "nginx"
    front.mkdir()
    for one in (folder, *folder.parents[:2]):
        one.chmod(0o755)  # nginx' own processes are somebody else's
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    with two_nodes(folder, SECRET_KEY=settings.SECRET_KEY, SITE_URL=url, **AS_TESTS) as nodes:
        shared = folder / "shared"
        # Browsers name the port, which is not 443 here.
        named = {"proxy_set_header Host $host;": "proxy_set_header Host $http_host;"}
        nginx = Nginx(front, shared, [node.port for node in nodes], named, port=port)
        try:
            yield ServedTwice(url=url, ledger=shared / "sandbox" / "ledger.sqlite3")
        finally:
            nginx.end()

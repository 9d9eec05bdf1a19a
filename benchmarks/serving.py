"""A shop of its own in a temporary folder, served as production serves it, and what it spends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class PreparedShop:
    """The folder and the environment of an opened database, before anybody is served."""

    folder: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> None:
        """Run `manage.py` in the shop. Raises CalledProcessError."""
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def database(self) -> int:
        """The process id of PostgreSQL's first process."""
        return int((self.folder / "postgres/data/postmaster.pid").read_text().split()[0])


@dataclass(frozen=True, kw_only=True)
class ServedShop:
    """A shop that answers on `port`."""

    port: int
    web: int
    database: int

    def spent(self) -> float:
        """Seconds of CPU so far of gunicorn, its workers and PostgreSQL."""
        return cpu(self.web) + cpu(self.database)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port)

    def ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Any:
        """The answer to one call on a connection of its own."""
        connection = self.connect()
        connection.request(method, path, body, headers)
        return json.loads(connection.getresponse().read())

    def worker_pids(self) -> list[int]:
        return [pid for pid, (parent, _) in _processes().items() if parent == self.web]


@contextmanager
def prepared_shop(**changed: str) -> Iterator[PreparedShop]:
    """An empty, migrated database in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="mami-bench-") as folder:
        Path(folder).chmod(0o755)  # the database's own account must reach its folder
        environment = {
            **os.environ, "MAMI_VAR": folder, "MAMI_DEMO": "1", "MAMI_EMBEDDED": "1", "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "benchmarks.api_settings", "DATABASE_URL": "", "PORT": str(_free_port()),
            "KEEPS_SHABBAT": "0", "PASSOVER_MODE": "OFF",  # measured on any day of the week
            "TRUSTED_PROXIES": "127.0.0.1",  # each shopper calls from an address of their own
            **changed,
        }  # fmt: skip
        opened = PreparedShop(folder=Path(folder), environment=environment)
        opened.manage("db", "start")
        try:
            opened.manage("migrate", "--verbosity", "0")
            yield opened
        finally:
            opened.manage("db", "stop")


DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""As a database in production writes, for `tests_cluster`."""


@contextmanager
def tests_cluster(**settings: str) -> Iterator[Any]:
    """The tests' cluster with a migrated database in a folder of its own, which is removed afterwards; this
    process has the tests' settings from then on.
    """
    with tempfile.TemporaryDirectory(prefix="mami-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the database's own account must reach its folder
        os.environ |= {"MAMI_TEST_VAR": folder, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        from tests.settings import CLUSTER

        CLUSTER.settings.update(settings)
        try:
            CLUSTER.ensure()
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield CLUSTER
        finally:
            CLUSTER.stop()


@contextmanager
def served(
    opened: PreparedShop, *, application: str = "mami.wsgi", log: Path | None = None
) -> Iterator[ServedShop]:
    """The shop behind gunicorn with the configuration of production; its log there, or on the screen."""
    with ExitStack() as files:
        told = None if log is None else files.enter_context(log.open("ab"))
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application],
            cwd=ROOT, env=opened.environment, stdout=told, stderr=told,
        )  # fmt: skip
    shop = ServedShop(port=int(opened.environment["PORT"]), web=web.pid, database=opened.database)
    try:
        _wait(shop)
        yield shop
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(120)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait(shop: ServedShop) -> None:
    for _ in range(1200):
        try:
            shop.ask("GET", "/api/v1/health", {})
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the shop did not open")


def spent_here(database: int) -> float:
    """Seconds of CPU so far of this process and PostgreSQL, for what is measured without gunicorn."""
    return time.process_time() + cpu(database)


def cpu(root: int) -> float:
    """Seconds of CPU of a process, its children and its ended children."""
    total = 0.0
    for pid, (parent, fields) in _processes().items():
        if pid == root or parent == root:
            total += _of_threads(pid)
        if pid == root:
            total += sum(int(f) for f in fields[13:15]) / TICK
    return total


def _of_threads(pid: int) -> float:
    """Seconds of those that live. In nanoseconds, where `/proc/…/stat` rounds to hundredths of a second: a
    cheap request is a tenth of one.
    """
    total = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(thread.read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def _processes() -> dict[int, tuple[int, list[str]]]:
    """Every process: its parent, and the fields of its /proc/…/stat after the name."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(entry.name)] = (int(fields[1]), fields)
    return found

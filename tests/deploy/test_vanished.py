"""A database machine that vanishes says nothing more: who waits for its answer gives up soon, worker and commands too."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime import environment
from runtime.run.tests.conftest import free_port, patience
from tests.deploy import networks
from tests.deploy.ha_cluster import PASSWORD, until
from tests.deploy.server import Server

pytestmark = [pytest.mark.deploy, pytest.mark.slow]
GONE_SECONDS = 16.0
# In the network of the machine that vanishes: hands everything on to the server, byte for byte.
RELAY = """
import contextlib, socket, sys, threading
def carry(one, other):
    with contextlib.suppress(OSError):
        while some := one.recv(65536):
            other.sendall(some)
door = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    here, _ = door.accept()
    there = socket.create_connection((sys.argv[3], int(sys.argv[4])))
    for pair in ((here, there), (there, here)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[tuple[networks.Network, str]]:
    """A network with one machine in it, and the address of the database behind it."""
    if not networks.usable():
        pytest.skip("NOT TESTED: a machine that vanishes needs root, ip and setpriv")
    folder = Path(tempfile.mkdtemp(prefix="mami-vanished-"))
    folder.chmod(0o755)
    server, network, port = Server(folder), networks.Network(["gone"]), free_port()
    server.listens = f"127.0.0.1,{networks.SHOP}"
    address = network.addresses["gone"]
    relay = None
    try:
        with (server.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {networks.NET} scram-sha-256\n")
        server.control("start")
        relay = subprocess.Popen(
            ["ip", "netns", "exec", f"{networks.BRIDGE}-gone", sys.executable, "-c", RELAY,
             address, str(port), networks.SHOP, str(server.port)]
        )  # fmt: skip
        yield network, f"postgresql://postgres:{PASSWORD}@{address}:{port}/postgres"
    finally:
        if relay is not None:
            relay.kill()
            relay.wait()
        server.control("stop")
        network.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("is_ours", [True, False], ids=["ours", "control"])
def test_who_waits_for_an_answer_gives_up(
    machine: tuple[networks.Network, str], monkeypatch: pytest.MonkeyPatch, is_ours: bool
) -> None:
    network, address = machine
    monkeypatch.setenv("DATABASE_URL", address)
    config = environment.database(environment.Environment(), Path("/nowhere"))
    told = {key: config["OPTIONS"][key] for key in environment.VANISHED} if is_ours else {}
    waited: list[float] = []
    line = until(lambda: _connected(address, told), seconds=20, why="the relay")

    def wait() -> None:
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            line.execute("SELECT pg_sleep(120)")
        waited.append(time.monotonic() - began)

    person = threading.Thread(target=wait, daemon=True)
    person.start()
    time.sleep(1)
    network.pull("gone")
    try:
        person.join(GONE_SECONDS * patience() if is_ours else GONE_SECONDS + 4)
        assert bool(waited) is is_ours
    finally:
        network.plug("gone")
        line.close()


def _connected(address: str, told: dict[str, int]) -> psycopg.Connection | None:
    try:
        return psycopg.connect(address, connect_timeout=2, autocommit=True, **told)
    except psycopg.OperationalError:
        return None

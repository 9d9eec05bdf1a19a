"""D8, one node: who was let in before the door closed is answered. Nobody is let in and then cut off."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from runtime.run.tests.conftest import free_port, patience, until
from tests.architecture.project import ROOT
from tests.drills.bare_server import serving
from tests.drills.running_shop import SECRET_KEY

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad-days")]
CLIENTS, SECONDS = 40, 0.7
ASKED = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def _ask_until_the_door_is_closed(port: int, said: Counter[str]) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            said["closed"] += 1
            return
        except OSError:
            said["cut off"] += 1
            return
        try:
            writer.write(ASKED)
            said["answered" if (await reader.read()).endswith(b"ok") else "cut off"] += 1
        except OSError:
            said["cut off"] += 1
        finally:
            writer.close()


async def _stopped_in_a_crowd(port: int, pid: int) -> Counter[str]:
    said: Counter[str] = Counter()
    crowd = [asyncio.create_task(_ask_until_the_door_is_closed(port, said)) for _ in range(CLIENTS)]
    await asyncio.sleep(SECONDS)
    os.kill(pid, signal.SIGTERM)
    await asyncio.wait(crowd, timeout=30 * patience())
    return said


@pytest.mark.parametrize(
    ("worker", "holds"), [("runtime.serving.Worker", True), ("gthread", False)], ids=["ours", "control"]
)  # fmt: skip
def test_nobody_is_let_in_and_then_cut_off(tmp_path: Path, worker: str, holds: bool) -> None:
    """gunicorn's own worker, the control, resets whoever stands at its door when it stops."""
    with serving(tmp_path, worker, workers=2, seconds=0.02) as (port, process):
        said = asyncio.run(_stopped_in_a_crowd(port, process.pid))
        assert process.wait(30 * patience()) == 0
    assert said["answered"] > CLIENTS
    assert said["closed"] > 0
    assert (said["cut off"] == 0) is holds, said


SLOW = """
import pathlib, time
time.sleep(2)
from mami.wsgi import application
pathlib.Path({file!r}).touch()
"""


def test_nobody_may_connect_before_the_shop_is_loaded(tmp_path: Path) -> None:
    """Who came meanwhile would wait for it, and a proxy would go on sending people here: half of all orders,
    for as long as it takes.
    """
    loaded, port = tmp_path / "loaded", free_port()
    (tmp_path / "slow.py").write_text(SLOW.format(file=str(loaded)))
    node = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--pythonpath", tmp_path, "slow"],
        cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ
        | {"MAMI_VAR": str(tmp_path), "MAMI_REHEARSAL": "1", "SECRET_KEY": SECRET_KEY, "PORT": str(port), "DJANGO_SETTINGS_MODULE": "mami.settings",
           "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none", "WEB_DRAIN_SECONDS": "0"},
    )  # fmt: skip
    try:
        until(lambda: loaded.exists() or _listens(port), seconds=60 * patience())
        assert loaded.exists()
        until(lambda: _listens(port), seconds=60 * patience())
    finally:
        node.kill()
        node.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

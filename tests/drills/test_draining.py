"""D8, one node: who was let in before the door closed is answered. Nobody is let in and then cut off."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from runtime.run.tests.conftest import patience
from tests.drills.bare_server import serving

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

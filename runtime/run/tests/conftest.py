"""The shop as `make run` opens it, in a folder and on a port of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.embedded import Cluster
from runtime.embedded.tests.conftest import CHECKOUT, throw_away_folder
from runtime.embedded.tests.conftest import patience as patience


class Opened:
    """A running supervisor and what it says."""

    def __init__(self, var: Path, port: int, command: list[str], **variables: str) -> None:
        self.var, self.port = var, port
        self.cluster = Cluster(var / "postgres")
        self.lines: list[str] = []
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], "MAMI_VAR": str(var), "PORT": str(port)} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in self.process.stdout)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def until_open(self, *, seconds: float) -> float:
        """Wait for the line that says so; returns how long it took."""
        line = f"Mami is open at http://127.0.0.1:{self.port}"
        while line not in list(self.lines):
            assert self.process.poll() is None, self.said
            assert time.monotonic() - self.started < seconds, self.said
            time.sleep(0.05)
        return time.monotonic() - self.started

    def until_ended(self, *, seconds: float = 30) -> float:
        started = time.monotonic()
        self.process.wait(timeout=seconds)
        self._reader.join(timeout=seconds)
        return time.monotonic() - started

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/api/v1/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def refuses(self, path: str) -> tuple[int, str]:
        """Status and code of a refusal."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5 * patience())
        connection.request("GET", path)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        return response.status, body["error"]["code"]

    def processes(self) -> dict[int, str]:
        """Everything alive that was started for this folder, by its environment or its path."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                around = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            ours = f"MAMI_VAR={self.var}".encode() in around or str(self.var) in command
            if ours and command and int(folder.name) != os.getpid():
                found[int(folder.name)] = command
        return found

    def pids(self, part: str) -> list[int]:
        return [pid for pid, command in self.processes().items() if part in command]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10 * patience())
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], *, seconds: float) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - started


SUPERVISOR = [sys.executable, "-m", "runtime.run"]


@contextmanager
def opened(var: Path, command: list[str] = SUPERVISOR, **variables: str) -> Iterator[Opened]:
    shop = Opened(var, free_port(), command, **variables)
    try:
        yield shop
    finally:
        shop.end()


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A folder whose database, demo data and static files the first start leaves behind."""
    with throw_away_folder() as folder:
        yield folder / "var"

"""Cleans up after a supervisor that was killed and could not do it itself.

The supervisor writes the process groups it starts (`+123`) and has ended (`-123`) into our
standard input. When that ends without a last `done`, the supervisor is dead: end those groups
and let go of the database.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import IO

from runtime import embedded
from runtime.embedded import processes
from runtime.run import child_processes

SECONDS = 3.0
STARTING_SECONDS = 10.0


class Watchdog:
    """The supervisor's end: start it, tell it what runs, dismiss it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runtime.run.watchdog"],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a signal to the supervisor's group must not reach it
        )

    def started(self, group: int) -> None:
        self._tell(f"+{group}")

    def ended(self, group: int) -> None:
        self._tell(f"-{group}")

    def dismiss(self) -> None:
        self._tell("done")
        self._process.wait()

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None  # noqa: S101 -- a pipe, by the call above
        try:
            print(word, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            return  # it was killed; the shop goes on without it


def watch(lines: IO[str]) -> int:
    groups: set[int] = set()
    for line in lines:
        word = line.strip()
        if word == "done":
            return 0
        (groups.add if word[0] == "+" else groups.discard)(int(word[1:]))
    child_processes.end_groups(sorted(groups), seconds=SECONDS)
    if embedded.is_used() and _is_running():
        with embedded.held_if_used():
            pass  # the last user out stops the server
    return 0


def _is_running() -> bool:
    """Whether there is a server, also one that the dead supervisor was just starting."""
    deadline = time.monotonic() + STARTING_SECONDS
    while (cluster := embedded.cluster()).running_pid() is None:
        if time.monotonic() > deadline or not processes.any_server(cluster.data):
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(watch(sys.stdin))

"""Cleans up after a supervisor that was killed and could not do it itself.

The supervisor writes the process groups it starts (`+123`) and has ended (`-123`) into our
standard input. When that ends without a last `done`, the supervisor is dead: end those groups
and let go of the database.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import IO

from mami import embedded
from mami.run import children

SECONDS = 3.0


class Watchdog:
    """The supervisor's end: start it, tell it what runs, dismiss it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mami.run.watchdog"],
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
    children.end_groups(sorted(groups), seconds=SECONDS)
    if embedded.is_used() and embedded.cluster().running_pid() is not None:
        with embedded.held_if_used():
            pass  # the last user out stops the server
    return 0


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(watch(sys.stdin))

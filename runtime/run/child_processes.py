"""The long-running processes of the shop, each in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST_PAUSE = 30.0
_STABLE_SECONDS = 60.0
_DYING_SECONDS = 10.0
_LOG_LIMIT = 20 * 1024 * 1024


@dataclass
class Child:
    """A Python process that is started again when it dies, at once the first time and then ever slower.

    Its output goes to `log`, or to the terminal where that is None. `inherited` descriptors are
    handed on to it.
    """

    name: str
    arguments: Sequence[str]
    log: Path | None
    inherited: tuple[int, ...] = ()
    deaths: int = 0
    process: subprocess.Popen[bytes] | None = None
    _started: float = field(default=0.0)
    _again_at: float = field(default=0.0)

    def start(self) -> int:
        """Start the process and return its number, which is its group's too."""
        output = None
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
            output = self.log.open("ab")
        try:
            self.process = subprocess.Popen(
                [sys.executable, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops us in order
                pass_fds=self.inherited,
            )
        finally:
            if output is not None:
                output.close()
        self._started = time.monotonic()
        return self.process.pid

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process is not None else None

    def died(self) -> bool:
        """True once for each death; clears away what the dead process left of its group."""
        if self.process is None or self.process.poll() is None:
            return False
        signal_group(self.process.pid, signal.SIGTERM)
        now = time.monotonic()
        self.deaths = 1 if now - self._started > _STABLE_SECONDS else self.deaths + 1
        pause = 0.0 if self.deaths == 1 else min(0.5 * 2 ** (self.deaths - 2), _LONGEST_PAUSE)
        self._again_at = now + pause
        self.process = None
        return True

    def is_due(self) -> bool:
        return self.process is None and time.monotonic() >= self._again_at

    def last_lines(self, count: int = 5) -> str:
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def end_groups(groups: Sequence[int], *, seconds: float) -> None:
    """Ask process groups to end, wait for all of them together, then end them by force.

    They are gone afterwards: who still dies still holds the database, and nobody would stop it.
    """
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, _DYING_SECONDS)):
        for group in groups:
            signal_group(group, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and any(_alive(group) for group in groups):
            _reap(groups)
            time.sleep(0.02)
    _reap(groups)


def signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not Path("/proc/self/stat").exists() or any(
        member == group and state != "Z" for state, member in _states()
    )


def _states() -> Iterator[tuple[str, int]]:
    """State and group of every process: a zombie that nobody reaps stays in its group for ever."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            yield state, int(group)


def _reap(groups: Sequence[int]) -> None:
    """Take the exit codes of our own children, or they stay in their groups as zombies."""
    for group in groups:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-group, os.WNOHANG) != (0, 0):
                pass

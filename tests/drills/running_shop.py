"""A running shop to do harm to: as `make run` opens it, or its two programs alone for the short form."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from runtime.run.tests.conftest import Opened, free_port, patience, until

SECRET_KEY = "a-key-for-drills-only-which-is-long-enough-for-every-check-50"
CHECKOUT = Path(__file__).resolve().parents[2]


def _stat(pid: int | str) -> list[str]:
    """Fields of /proc/PID/stat from the state on; none of a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _children(parent: int) -> list[int]:
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and _stat(entry.name)[1:2] == [str(parent)]
    ]


def _cpu_seconds(pid: int) -> float:
    return sum(map(int, _stat(pid)[11:15])) / os.sysconf("SC_CLK_TCK")


class RunningShop:
    """What the drills need of a running shop. Everything it starts ends with `end`."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.fault = var / "fault"

    def web(self) -> list[int]:
        """The processes of the web server, the one that starts the others first."""
        raise NotImplementedError

    def worker(self) -> list[int]:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError

    def database(self) -> list[int]:
        """The processes of the database server; none where it is somebody else's."""
        return []

    def cpu_seconds(self) -> dict[str, float]:
        """What each of its programs has used so far, on all processors together; ended children count."""
        programs = {"web": self.web(), "database": self.database(), "worker": self.worker()}
        return {name: sum(map(_cpu_seconds, pids)) for name, pids in programs.items()}

    def arm(self, point: str, kind: str) -> None:
        """Whoever passes `point` next is struck, once."""
        self._struck.unlink(missing_ok=True)
        new = self.fault.with_suffix(".new")
        new.write_text(f"{point}:{kind}")
        new.rename(self.fault)

    def disarm(self) -> None:
        self.fault.unlink(missing_ok=True)

    def was_struck(self, *, within: float) -> bool:
        """Wait until somebody passed the armed point; False, and disarmed, when nobody did."""
        until_when = time.monotonic() + within
        while not self._struck.exists():
            if time.monotonic() > until_when:
                self.disarm()
                return False
            time.sleep(0.01)
        return True

    @property
    def _struck(self) -> Path:
        return Path(f"{self.fault}.struck")

    @property
    def variables(self) -> dict[str, str]:
        return {
            "MAMI_FAULTS": "1",
            "MAMI_FAULT_FILE": str(self.fault),
            "TRUSTED_PROXIES": "127.0.0.1",  # each shopper calls from an address of their own
        }


class WholeShop(RunningShop):
    """`make run` without the `make`: supervisor, web server, worker and database."""

    def __init__(self, var: Path, **variables: str) -> None:
        super().__init__(var, free_port())
        command = [sys.executable, "-m", "runtime.run"]
        self.opened = Opened(var, self.port, command, **self.variables, **variables)
        self.opened.until_open(seconds=200 * patience())

    def web(self) -> list[int]:
        return sorted(self.opened.pids("gunicorn"))

    def worker(self) -> list[int]:
        return self.opened.pids("procrastinate worker")

    def database(self) -> list[int]:
        server = self.opened.cluster.running_pid()
        return [] if server is None else [server, *_children(server)]

    def kill_postgres(self) -> None:
        if (server := self.opened.cluster.running_pid()) is not None:
            os.kill(server, signal.SIGKILL)

    def end(self) -> None:
        self.opened.end()


class BareShop(RunningShop):
    """Web server and worker on a database that is already there; whoever dies is started again."""

    def __init__(self, var: Path, database_url: str, **variables: str) -> None:
        super().__init__(var, free_port())
        self._environment = {
            "PATH": os.environ["PATH"],
            "MAMI_VAR": str(var),
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "mami.settings",
            "MAMI_DEMO": "0",
            "MAMI_REHEARSAL": "1",
            "STAFF_SECOND_FACTOR": "optional",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DEBUG": "0",
            "SECRET_KEY": SECRET_KEY,
            "LOG_LEVEL": "ERROR",
            **self.variables,
            **variables,
        }
        bind = f"127.0.0.1:{self.port}"
        self._log = (var / "running.log").open("ab")
        self._web = self._start("-m", "gunicorn", "-c", "gunicorn.conf.py", "mami.wsgi", "-b", bind)
        self._worker = self._start("manage.py", "procrastinate", "worker")
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep_worker, daemon=True)
        self._keeper.start()
        try:
            until(self._answers, seconds=30 * patience())
        except AssertionError:
            self.end()
            raise AssertionError((var / "running.log").read_text()[-2000:]) from None

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/api/v1/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=CHECKOUT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def web(self) -> list[int]:
        return [self._web.pid]

    def worker(self) -> list[int]:
        return [self._worker.pid]

    def _keep_worker(self) -> None:
        """What the supervisor of `make run` does: a strike at a point that the worker passes as well
        (a refund, the end of a checkout) may hit the worker, and nobody else recovers anything.
        """
        while not self._ending.wait(0.2):
            if self._worker.poll() is not None:
                self._worker = self._start("manage.py", "procrastinate", "worker")

    def end(self) -> None:
        self._ending.set()
        self._keeper.join()
        for process in (self._web, self._worker):
            process.terminate()
        for process in (self._web, self._worker):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()


@contextmanager
def standing(running: RunningShop) -> Iterator[RunningShop]:
    try:
        yield running
    finally:
        running.end()


__all__ = ["BareShop", "RunningShop", "WholeShop", "patience", "standing", "until"]

"""The supervisor: open the shop, keep it open, close it."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from runtime import embedded, environment
from runtime.embedded import locks
from runtime.run import child_processes, prepare
from runtime.run.child_processes import Child
from runtime.run.shutdown import Closing, Ending
from runtime.run.startup import CLOSING_SECONDS, open_door, set_environment
from runtime.run.watchdog import Watchdog

OPENING_SECONDS = 90.0
LONGEST_PAUSE = 30.0


def main(arguments: list[str]) -> int:
    ending = Ending()
    try:
        with contextlib.ExitStack() as closing:
            try:
                _run(closing, ending, developing=arguments == ["--dev"])
            finally:
                ending.is_closing()
    except Closing:
        return 0
    except embedded.EmbeddedError as error:
        environment.stop(str(error))
    return 0


def _run(closing: contextlib.ExitStack, ending: Ending, *, developing: bool) -> None:
    """Everything that is started puts its own end on `closing`; they happen in reverse."""
    var = set_environment(developing=developing)
    door = closing.enter_context(open_door())
    print("Opening the shop…", flush=True)
    with ending.deferred():
        watchdog = Watchdog()
        closing.callback(watchdog.dismiss)
        closing.enter_context(embedded.held_if_used())
    with _one_at_a_time(var / "prepare.lock"):
        prepare.everything(watchdog, static=not developing)
    shop = RunningShop(door, var, watchdog, developing=developing)
    closing.callback(shop.close)
    shop.keep_open()


class Tries:
    """When to look after something again: every second, and ever slower while it fails."""

    def __init__(self) -> None:
        self.failures = 0
        self._said = ""
        self._again_at = time.monotonic() + 1

    def is_due(self) -> bool:
        if time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + 1
        return True

    def succeeded(self) -> None:
        self.failures, self._said = 0, ""

    def failed(self, why: str) -> bool:
        """Whether this reason is new."""
        self.failures += 1
        self._again_at = time.monotonic() + min(2.0**self.failures, LONGEST_PAUSE)
        is_new, self._said = why != self._said, why
        return is_new


class RunningShop:
    """The web server and the worker, kept at work until somebody asks for the end."""

    def __init__(
        self, door: socket.socket, var: Path, watchdog: Watchdog, *, developing: bool
    ) -> None:
        self.host, self.port = door.getsockname()[:2]
        self.watchdog = watchdog
        self.is_open = False
        self._until = time.monotonic() + OPENING_SECONDS
        self._database = Tries()
        logs = None if developing else var / "log"
        handed: tuple[int, ...] = ()
        if developing:
            door.close()  # Django's own server opens it again at each reload
            serve = ["manage.py", "runserver", f"{self.host}:{self.port}"]
        else:
            serve = ["-m", "gunicorn", "-c", "gunicorn.conf.py", "mami.wsgi"]
            serve += ["--bind", f"fd://{door.fileno()}"]
            handed = (door.fileno(),)
        work = ["manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "2"]
        self.web = Child("web server", serve, logs and logs / "web.log", handed)
        self.worker = Child("worker", work, logs and logs / "worker.log")

    def keep_open(self) -> None:
        """Returns never, except by an exception."""
        while True:
            for child in (self.web, self.worker):
                self._keep(child)
            self._keep_database()
            if not self.is_open:
                self._look_whether_open()
            time.sleep(0.1)

    def close(self) -> None:
        print("Closing the shop…", flush=True)
        groups = [child.pid for child in (self.web, self.worker) if child.pid is not None]
        child_processes.end_groups(groups, seconds=CLOSING_SECONDS)
        for group in groups:
            self.watchdog.ended(group)

    def _keep(self, child: Child) -> None:
        if child.died():
            print(f"The {child.name} stopped unexpectedly; starting it again.", file=sys.stderr)
        if child.is_due():
            self.watchdog.started(child.start())

    def _keep_database(self) -> None:
        """Start it again when it is gone, ever slower: a full disk is emptied, and then we sell on."""
        if not embedded.is_used() or not self._database.is_due():
            return
        if embedded.cluster().running_pid() is not None:
            self._database.succeeded()
            return
        if not self._database.failures:
            print("The database stopped unexpectedly; starting it again.", file=sys.stderr)
        try:
            embedded.ensure()
        except embedded.EmbeddedError as error:
            if not self.is_open:
                raise
            if self._database.failed(str(error)):
                print(f"mami: {error} We go on trying.", file=sys.stderr, flush=True)

    def _look_whether_open(self) -> None:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        if _answers(host, self.port):
            self.is_open = True
            print(f"Mami is open at http://{host}:{self.port}", flush=True)
            return
        failing = [child for child in (self.web, self.worker) if child.deaths > 2]
        if failing or time.monotonic() > self._until:
            child = (failing or [self.web])[0]
            print(child.last_lines(), file=sys.stderr)
            where = f"look at {child.log}" if child.log else "it has said why above"
            environment.stop(f"the {child.name} does not start; {where}.")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two shops may share a folder (and a database); only one prepares it."""
    descriptor = locks.opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

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

from mami import embedded, environment
from mami.embedded import locks
from mami.run import children, prepare
from mami.run.children import Child
from mami.run.ending import Closing, Ending
from mami.run.opening import CLOSING_SECONDS, open_door, settle_environment
from mami.run.watchdog import Watchdog

OPENING_SECONDS = 90.0


def main(arguments: list[str]) -> int:
    ending = Ending()
    try:
        with contextlib.ExitStack() as closing:
            _run(closing, ending, developing=arguments == ["--dev"])
    except Closing:
        return 0
    except embedded.EmbeddedError as error:
        environment.stop(str(error))
    return 0


def _run(closing: contextlib.ExitStack, ending: Ending, *, developing: bool) -> None:
    """Everything that is started puts its own end on `closing`; they happen in reverse."""
    var = settle_environment(developing=developing)
    door = closing.enter_context(open_door())
    print("Opening the shop…", flush=True)
    with ending.deferred():
        watchdog = Watchdog()
        closing.callback(watchdog.dismiss)
        closing.enter_context(embedded.held_if_used())
    with _one_at_a_time(var / "prepare.lock"):
        prepare.everything(watchdog, static=not developing)
    shop = Shop(door, var, watchdog, developing=developing)
    closing.callback(shop.close)
    shop.keep_open(ending)


class Shop:
    """The web server and the worker, kept at work until somebody asks for the end."""

    def __init__(
        self, door: socket.socket, var: Path, watchdog: Watchdog, *, developing: bool
    ) -> None:
        self.host, self.port = door.getsockname()[:2]
        self.watchdog = watchdog
        self.is_open = False
        self._until = time.monotonic() + OPENING_SECONDS
        self._database_seen = time.monotonic()
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

    def keep_open(self, ending: Ending) -> None:
        """Returns never, except by an exception."""
        while True:
            ending.check_parent()
            for child in (self.web, self.worker):
                self._keep(child)
            self._keep_database()
            if not self.is_open:
                self._look_whether_open()
            time.sleep(0.1)

    def close(self) -> None:
        print("Closing the shop…", flush=True)
        groups = [child.pid for child in (self.web, self.worker) if child.pid is not None]
        children.end_groups(groups, seconds=CLOSING_SECONDS)
        for group in groups:
            self.watchdog.ended(group)

    def _keep(self, child: Child) -> None:
        if child.died():
            print(f"The {child.name} stopped unexpectedly; starting it again.", file=sys.stderr)
        if child.is_due():
            self.watchdog.started(child.start())

    def _keep_database(self) -> None:
        if not embedded.is_used() or time.monotonic() - self._database_seen < 1:
            return
        self._database_seen = time.monotonic()
        if embedded.cluster().running_pid() is None:
            print("The database stopped unexpectedly; starting it again.", file=sys.stderr)
            embedded.ensure()

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

"""The smallest application on gunicorn, to look at what its worker does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runtime.alive import is_alive
from runtime.run.tests.conftest import free_port, patience, until
from tests.architecture.project import ROOT

HELLO = """
import pathlib, time
FOLDER = pathlib.Path({folder!r})
def application(environ, start_response):
    path = environ["PATH_INFO"]
    if "mami.return_after" in environ:
        start_response("503 Service Unavailable", [("Retry-After", "1"), ("Content-Length", "4")])
        return [b"full"]
    if path.endswith("/held"):
        (FOLDER / "came").open("a").write("x")
        while not (FOLDER / "go").exists():
            time.sleep(0.01)
    time.sleep({seconds})
    body = path.encode() if "say" in path else b"ok"
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]
"""

DOORS = """
from runtime import closed_doors
closed_doors.shut_before_stopping()
"""


@contextmanager
def serving(
    folder: Path,
    worker: str,
    *,
    workers: int = 1,
    seconds: float = 0,
    certificate: Path | None = None,
    **variables: str,
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Its port and its master. What ends with `/held` is answered once `folder` has a file `go`.

    Over TLS with `certificate`, a file whose key lies beside it (`deploy/make-certificates`). The shop's
    own worker stops behind shut doors, as `gunicorn.conf.py` has it.
    """
    (folder / "hello.py").write_text(HELLO.format(seconds=seconds, folder=str(folder)))
    (folder / "doors.py").write_text(DOORS if worker.startswith("runtime.") else "")
    port = free_port()
    encrypted: list[str | Path] = []
    if certificate is not None:
        key = certificate.with_name(f"{certificate.stem}-key.pem")
        encrypted = ["--certfile", certificate, "--keyfile", key]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "-k", worker, "--workers", str(workers), "--threads", "8",
            "--bind", f"127.0.0.1:{port}", "--pythonpath", f"{ROOT},{folder}", "-c", str(folder / "doors.py"),
            *encrypted, "hello:application",
        ],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "mami.settings", "MAMI_DEMO": "1", "MAMI_VAR": str(folder)}
        | variables,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: answered(port, within=5, certificate=certificate), seconds=60 * patience())
        yield port, process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def answered(port: int, *, within: float, certificate: Path | None = None) -> bool:
    if certificate is not None:
        return is_alive(port, str(certificate))
    try:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=within)) as probe:
            probe.settimeout(within)
            probe.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return probe.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False

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

    Over TLS with `certificate`, a file whose key lies beside it (`deploy/make-certificates`).
    """
    (folder / "hello.py").write_text(HELLO.format(seconds=seconds, folder=str(folder)))
    port = free_port()
    encrypted: list[str | Path] = []
    if certificate is not None:
        key = certificate.with_name(f"{certificate.stem}-key.pem")
        encrypted = ["--certfile", certificate, "--keyfile", key]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "-k", worker, "--workers", str(workers), "--threads", "8",
            "--bind", f"127.0.0.1:{port}", "--pythonpath", f"{ROOT},{folder}",
            *encrypted, "hello:application",
        ],
        cwd=folder,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "mami.settings", "MAMI_DEMO": "1", "MAMI_VAR": str(folder)}
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

"""What is settled before anything is started: the environment, the folder, the address."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from runtime import embedded, environment, file_rights, production

CHECKOUT = Path(__file__).resolve().parents[2]
CLOSING_SECONDS = 3.0  # for requests and jobs in hand; the database takes up to a second more


def set_environment(*, developing: bool) -> Path:
    """What `make run` means, beneath what the operator says. Returns the folder we write to.

    Ends the process with one sentence when that folder cannot be written.
    """
    environment.load(CHECKOUT)
    file_rights.close_to_others()
    os.chdir(CHECKOUT)
    os.environ["DEBUG"] = "1" if developing else "0"
    os.environ.setdefault("MAMI_DEMO", "1")
    os.environ.setdefault("MAMI_EMBEDDED", "1")
    os.environ.setdefault("WEB_DRAIN_SECONDS", "0")
    os.environ.setdefault("WEB_GRACEFUL_SECONDS", str(int(CLOSING_SECONDS)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mami.settings")
    host, port = os.environ.get("MAMI_HOST"), os.environ.get("PORT")
    os.environ.setdefault("SITE_URL", f"http://{host or '127.0.0.1'}:{port or 8000}")
    var = embedded.var_folder()
    os.environ["MAMI_VAR"] = str(var)
    probe = var / f".written-{os.getpid()}"
    try:
        file_rights.secure(var)
        probe.touch()
        probe.unlink()
    except OSError as error:
        environment.stop(
            f"the folder {var} cannot be written ({error.strerror}); give your user the right to, "
            "or choose another with make run MAMI_VAR=…"
        )
    production.refuse()
    return var


def open_door() -> socket.socket:
    """The address customers come to, taken before anything else is started.

    It is handed on to the web server, so that connections wait while that is started anew. Ends
    the process with one sentence when it cannot be had.
    """
    host, port = os.environ.get("MAMI_HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        environment.stop(f"PORT={port} is not a port; choose a number from 1 to 65535.")
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, int(port)))
    except OSError as error:
        door.close()
        if error.errno == errno.EADDRINUSE:
            environment.stop(
                f"port {port} is taken by another program; end that one, or choose another port "
                "with make run PORT=8001."
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            environment.stop(
                f"your user may not open port {port}; choose one above 1023: make run PORT=8000."
            )
        environment.stop(
            f"{host}:{port} cannot be opened ({error.strerror}); see MAMI_HOST and PORT."
        )
    return door

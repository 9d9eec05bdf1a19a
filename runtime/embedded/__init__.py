"""The PostgreSQL server that comes with the shop, for machines that have none.

Importing this starts nothing. `ensure()` creates and starts the server where needed, and any number of processes may
call it at once; settings only ask for `url()`. A `DATABASE_URL` makes all of it unnecessary.
"""

import os
import signal
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from runtime.embedded.cluster import PORT, USER, Cluster
from runtime.embedded.errors import EmbeddedError

__all__ = [
    "PORT",
    "USER",
    "Cluster",
    "EmbeddedError",
    "cluster",
    "ensure",
    "held_if_used",
    "is_used",
    "kill",
    "start_for_good",
    "status",
    "stop",
    "url",
    "var_folder",
]

_CHECKOUT = Path(__file__).resolve().parent.parent.parent


def var_folder() -> Path:
    """The folder for everything a running shop writes: `MAMI_VAR`, or `var` in the checkout."""
    return Path(os.path.abspath(os.environ.get("MAMI_VAR") or _CHECKOUT / "var"))


def cluster() -> Cluster:
    """The shop's own cluster, in the var folder."""
    return Cluster(var_folder() / "postgres")


def ensure() -> str:
    """Start the server if it is not running (creating it the first time) and return the database's address."""
    return cluster().ensure()


def start_for_good() -> str:
    """The same, and the server stays when the programs that use it have ended."""
    address = ensure()
    cluster().keep_running(keep=True)
    return address


def stop() -> bool:
    """Stop the server; True when it was running."""
    found = cluster()
    stopped = found.stop()
    found.keep_running(keep=False)
    return stopped


def kill() -> None:
    """End the server without a word, as a power cut would: for drills."""
    if (pid := cluster().running_pid()) is not None:
        os.kill(pid, signal.SIGKILL)


def status() -> str:
    """One line for people: whether the server runs, and where."""
    found = cluster()
    pid = found.running_pid()
    if pid is None:
        return f"not running (folder {found.base})" if found.base.exists() else "not created yet"
    return f"running (pid {pid}): {found.url()}"


def url() -> str:
    """The database's address. Starts nothing."""
    return cluster().url()


def is_used() -> bool:
    """True when no DATABASE_URL names a server of the operator's own."""
    return not os.environ.get("DATABASE_URL")


def held_if_used() -> AbstractContextManager[str | None]:
    """Use the server for the length of a block; the last user out stops it, unless it was told to
    stay. Does nothing when DATABASE_URL names another."""
    return cluster().held() if is_used() else nullcontext()

"""Files that processes lock so that they take turns at the cluster and know of each other."""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from runtime.embedded.errors import EmbeddedError

_TURN_SECONDS = 180.0


@contextlib.contextmanager
def turn(path: Path, *, owner: tuple[int, int] | None = None) -> Iterator[None]:
    """Hold the cluster's exclusive lock: only one process at a time creates, starts or stops the server.

    The descriptor is not inherited by programs we start (or a server would hold the lock for ever). Raises
    EmbeddedError when another process keeps its turn for three minutes.
    """
    descriptor = opened(path, owner=owner)
    try:
        deadline = time.monotonic() + _TURN_SECONDS
        while not taken(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another process has been starting or stopping the database for {_TURN_SECONDS:.0f} seconds; "
                    f"see which one holds {path}, end it and try again."
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def opened(path: Path, *, owner: tuple[int, int] | None = None) -> int:
    """Open (or create) a lock file, close-on-exec, for the account that owns the cluster."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if owner is not None:
            os.fchown(descriptor, *owner)
    except PermissionError as error:
        raise EmbeddedError(
            f"{path} cannot be written; repair its rights or choose another folder with MAMI_VAR."
        ) from error
    return descriptor


def taken(descriptor: int, kind: int) -> bool:
    """Try a lock of `kind` (fcntl.LOCK_EX or LOCK_SH) without waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True

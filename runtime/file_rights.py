"""Whose files are whose: what a shop writes is nobody else's to read."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

# Held by the owner alone. The other folders may be read by the group; `media` is, by nginx.
PRIVATE = ("mail", "sms", "tmp", "private", "backups", "sandbox")
ENTERABLE = 0o711
OWNER_ALONE = 0o700


def close_to_others() -> None:
    """From now on this process makes files that others can neither read nor write."""
    os.umask(0o027)


def open_to_others() -> None:
    """For static files, which are everybody's."""
    os.umask(0o022)


def secure(var: Path) -> None:
    """Make the folder of a shop, enterable (the database's account passes through), and close what
    is private in it, also when an older version left it open. Raises OSError.
    """
    var.mkdir(parents=True, exist_ok=True)
    for folder, mode in [(var, ENTERABLE), *((var / name, OWNER_ALONE) for name in PRIVATE)]:
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's: theirs to decide
            if folder.stat().st_mode & 0o777 != mode:
                folder.chmod(mode)
    for path in [*(var / "mail").glob("*"), *(var / "sms").glob("*")]:
        with contextlib.suppress(OSError):
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
    for path in var.iterdir():
        if path.name != "static" and not path.is_symlink():
            with contextlib.suppress(OSError):
                _close(path)


def empty_uploads(var: Path) -> None:
    """Throw away what uploads left that were on their way when the shop last ended."""
    forget_uploads(var / "tmp", before=float("inf"))


def forget_uploads(folder: Path, *, before: float) -> int:
    """Throw away what was last written to before that second of the epoch; the number of files."""
    gone = 0
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def _close(path: Path) -> None:
    mode = path.stat().st_mode & 0o777
    if mode & 0o007:
        path.chmod(mode & ~0o007)

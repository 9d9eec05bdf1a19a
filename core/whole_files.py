"""Uploads on the disk: each is there whole or not at all, and a full disk is a refusal."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from core.errors import ServiceUnavailable

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
LEAST_FREE_SHARE = 0.05
LEAST_FREE_BYTES = 200 * 1024 * 1024


def is_no_room(error: BaseException | None) -> bool:
    """Whether a write failed because nothing more can be written: a full or closed disk."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


def has_room() -> bool:
    """Whether uploads are taken: 5 % and 200 MB of the disk of MAMI_VAR are free."""
    try:
        usage = shutil.disk_usage(settings.MAMI_VAR)
    except OSError:
        return False
    return usage.free >= max(LEAST_FREE_BYTES, usage.total * LEAST_FREE_SHARE)


class WholeFileStorage(FileSystemStorage):
    """Writes beside the place, to the disk, and only then under its name.

    A write that fails leaves nothing. Raises ServiceUnavailable where there is no room.
    """

    def _save(self, name: str, content: Any) -> str:
        if not has_room():
            raise ServiceUnavailable
        beside = f"{name}.{secrets.token_hex(4)}.part"
        try:
            try:
                written = super()._save(beside, content)  # type: ignore[misc]
                path = Path(self.path(written))
                _to_disk(path)
                path.rename(self.path(name))
                _to_disk(path.parent)
            except BaseException:
                Path(self.path(beside)).unlink(missing_ok=True)
                raise
        except OSError as error:
            if is_no_room(error):
                raise ServiceUnavailable from error
            raise
        return name


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

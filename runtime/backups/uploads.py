"""What people uploaded, in folders of this machine or in a bucket: out of there into a copy, and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from core.errors import ServiceUnavailable
from runtime.backups.clients import BackupError

STORAGES = {"media": "default", "private": "private"}
SILENT = "The bucket of the uploads does not answer, or refuses"


def place() -> str:
    """Where they are, as a manifest says it."""
    return "files" if _bucket("default") is None else "bucket"


def each(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every upload as a file and its name in the copy; what lies in a bucket passes through `folder`.

    A file that went meanwhile is told too, and is not there. Raises BackupError.
    """
    for kind, storage in STORAGES.items():
        bucket = _bucket(storage)
        found = _from_folder(kind) if bucket is None else _from_bucket(bucket, folder)
        for path, name in found:
            yield path, f"{kind}/{name}"


def put_back(folder: Path) -> None:
    """Lay what was unpacked into `folder` beside what is there. Raises BackupError.

    Names are drawn and never used twice: what is there under one of them is the same file.
    """
    for kind, storage in STORAGES.items():
        bucket = _bucket(storage)
        for path in sorted((folder / kind).rglob("*")):
            if path.is_file():
                name = path.relative_to(folder / kind).as_posix()
                if bucket is None:
                    move(path, _root(kind) / name, mode=_mode(kind))
                else:
                    _into_bucket(bucket, path, name)


def move(path: Path, to: Path, *, mode: int) -> None:
    path.chmod(mode)
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, to)


def _from_folder(kind: str) -> Iterator[tuple[Path, str]]:
    root = _root(kind)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".part":
            yield path, path.relative_to(root).as_posix()


def _bucket(storage: str) -> Any | None:
    """The bucket behind a storage (`core.bucket_storage`); None where it is a folder."""
    found = storages[storage]
    return None if isinstance(found, FileSystemStorage) else found


def _from_bucket(bucket: Any, folder: Path) -> Iterator[tuple[Path, str]]:
    """One after the other, so that the disk needs room for one alone."""
    passing = folder / "passing"
    try:
        for name in bucket.everything():
            with suppress(FileNotFoundError):
                bucket.fetch(name, to=passing)
            yield passing, name
            passing.unlink(missing_ok=True)
    except ServiceUnavailable as error:
        raise BackupError(f"{SILENT}; no copy without them ({error.__cause__}).") from error


def _into_bucket(bucket: Any, path: Path, name: str) -> None:
    try:
        bucket.put(path, name=name)
    except ServiceUnavailable as error:
        raise BackupError(f"{SILENT}; nothing was exchanged ({error.__cause__}).") from error


def _root(kind: str) -> Path:
    return Path(settings.MEDIA_ROOT if kind == "media" else settings.PRIVATE_ROOT)


def _mode(kind: str) -> int:
    return (settings.FILE_UPLOAD_PERMISSIONS or 0o600) if kind == "media" else 0o600

"""The file of a copy: a tar whose last member is its manifest, sealed by age where it has recipients."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyrage

from runtime.backups.clients import BackupError

DUMP, MANIFEST, LEDGER, KEY = "mami.dump", "manifest.json", "sandbox/ledger.sqlite3", "secret_key"
UPLOADS = ("media", "private")
MEBIBYTE = 1024 * 1024
Pump = Callable[[IO[bytes], IO[bytes]], object]


class Hashing(io.RawIOBase):
    """Reads from a file and knows the sha256 of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Writing:
    """Puts files into a copy and notes what each was. `vanished` were gone when their turn came."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, str] = {}
        self.vanished: list[str] = []

    def add(self, path: Path, name: str) -> None:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            self.vanished.append(name)
            return
        with file:
            member = tarfile.TarInfo(name)
            status = os.fstat(file.fileno())
            member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), 0o600
            reading = Hashing(file)
            self._tar.addfile(member, reading)
            self.files[name] = reading.hexdigest()

    def finish(self, manifest: dict[str, Any]) -> None:
        told = manifest | {"files": self.files, "vanished": self.vanished}
        text = json.dumps(told, indent=1).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(text), 0o600
        self._tar.addfile(member, io.BytesIO(text))


@contextmanager
def written(path: Path, *, recipients: Sequence[str]) -> Iterator[Writing]:
    """A new copy in `path`, which its owner alone may read."""
    keys = _recipients(recipients)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if keys:
            with (
                _pumped(file, lambda source, to: pyrage.encrypt_io(source, to, keys)) as inner,
                tarfile.open(fileobj=inner, mode="w|") as tar,
            ):
                yield Writing(tar)
        else:
            with tarfile.open(fileobj=file, mode="w|") as tar:
                yield Writing(tar)
        file.flush()
        os.fsync(file.fileno())


def unpacked(path: Path, *, into: Path, identity: str) -> dict[str, Any]:
    """Lay the members of a copy into an empty folder and return the manifest.

    Raises BackupError when it cannot be opened, is not whole, or a file is not what it was.
    """
    manifest: dict[str, Any] | None = None
    found: dict[str, str] = {}
    try:
        with _opened(path, identity) as tar:
            for member in tar:
                name = _safe(member)
                source = cast(IO[bytes], tar.extractfile(member))
                if name == MANIFEST:
                    manifest = json.loads(source.read())
                else:
                    found[name] = _laid(source, into / name)
    except pyrage.DecryptError as error:
        raise BackupError(
            f"{path} is sealed for somebody else, or not a whole copy: this identity does not open it ({error})."
        ) from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupError(f"{path} is not a copy, or not a whole one ({error}).") from error
    except OSError as error:
        if error.errno is not None:
            raise
        # age says so of a file that was cut
        raise BackupError(f"{path} is not a copy, or not a whole one ({error}).") from error
    if manifest is None:
        raise BackupError(f"{path} is not a whole copy: it has no manifest.")
    wanted: dict[str, str] = manifest["files"]
    wrong = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )
    if wrong:
        raise BackupError(
            f"{path} is damaged: {', '.join(wrong[:5])} is not what the manifest says."
        )
    return manifest


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"age-encryption."


def is_archive(path: Path) -> bool:
    """Whether it is one of these files, and not a dump alone as older versions made them."""
    if is_sealed(path):
        return True
    with path.open("rb") as file:
        return file.read(512)[257:262] == b"ustar"


def identities(text: str) -> list[pyrage.x25519.Identity]:
    """Those of an identity file as age-keygen writes it. Raises BackupError."""
    lines = [line.strip() for line in text.replace(",", "\n").splitlines()]
    try:
        return [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        ]
    except pyrage.IdentityError as error:
        raise BackupError(
            "BACKUP_IDENTITY is no identity of age (AGE-SECRET-KEY-1…), as age-keygen makes them."
        ) from error


def _recipients(texts: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    try:
        return [pyrage.x25519.Recipient.from_str(text) for text in texts]
    except pyrage.RecipientError as error:
        raise BackupError(
            "BACKUP_RECIPIENTS holds what is no public key of age (age1…), as age-keygen prints them."
        ) from error


@contextmanager
def _opened(path: Path, identity: str) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as file:
        if not is_sealed(path):
            with tarfile.open(fileobj=file, mode="r|") as tar:
                yield tar
            return
        keys = identities(identity)
        if not keys:
            raise BackupError(
                f"{path} is sealed; name the file with its identity in BACKUP_IDENTITY_FILE."
            )
        with (
            _drawn(file, lambda source, to: pyrage.decrypt_io(source, to, keys)) as inner,
            tarfile.open(fileobj=inner, mode="r|") as tar,
        ):
            yield tar


@contextmanager
def _pumped(file: IO[bytes], pump: Pump) -> Iterator[IO[bytes]]:
    """What is written to the result arrives in `file` as `pump` turned it."""
    reading, writing = os.pipe()
    failed: list[Exception] = []
    source = os.fdopen(reading, "rb", buffering=MEBIBYTE)
    thread = threading.Thread(target=_pump, args=(pump, source, file, failed, source))
    thread.start()
    try:
        with os.fdopen(writing, "wb", buffering=MEBIBYTE) as inner:
            yield inner
    except BrokenPipeError as error:
        thread.join()
        raise failed[0] if failed else error from None
    finally:
        thread.join()
    if failed:
        raise failed[0]


@contextmanager
def _drawn(file: IO[bytes], pump: Pump) -> Iterator[IO[bytes]]:
    """What is read from the result is what `pump` made of `file`."""
    reading, writing = os.pipe()
    failed: list[Exception] = []
    to = os.fdopen(writing, "wb", buffering=MEBIBYTE)
    thread = threading.Thread(target=_pump, args=(pump, file, to, failed, to))
    thread.start()
    try:
        with os.fdopen(reading, "rb", buffering=MEBIBYTE) as inner:
            yield inner
            inner.read()  # what stands behind the last member
    except tarfile.TarError:
        thread.join()
        if failed and not isinstance(failed[0], BrokenPipeError):
            raise failed[0] from None
        raise
    finally:
        thread.join()
    if failed:
        raise failed[0]


def _pump(
    pump: Pump,
    source: IO[bytes],
    to: IO[bytes],
    failed: list[Exception],
    ours: IO[bytes],
) -> None:
    try:
        pump(source, to)
    except (OSError, ValueError, pyrage.EncryptError, pyrage.DecryptError) as error:
        failed.append(error)
    finally:
        try:
            ours.close()
        except BrokenPipeError as error:
            failed.append(error)


def _safe(member: tarfile.TarInfo) -> str:
    """Its name, where it is one that we write. Raises BackupError."""
    name = PurePosixPath(member.name)
    known = member.name in (DUMP, MANIFEST, LEDGER, KEY) or name.parts[:1] in (
        ("media",),
        ("private",),
    )
    if not member.isreg() or not known or ".." in name.parts or name.is_absolute():
        raise BackupError(f"The copy holds {member.name}, which no copy of ours does.")
    return member.name


def _laid(source: IO[bytes], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        while data := source.read(MEBIBYTE):
            digest.update(data)
            file.write(data)
    return digest.hexdigest()

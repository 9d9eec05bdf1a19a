"""The file of a copy: whole or refused, and closed to whoever has no identity."""

import io
import stat
import tarfile
from pathlib import Path

import pyrage
import pytest

from runtime.backups import archive
from runtime.backups.clients import BackupError

IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENT, SECRET = str(IDENTITY.to_public()), f"# created by a test\n{IDENTITY}\n"
LARGE = bytes(range(256)) * 12_000


def make(folder: Path, *, recipients: list[str]) -> Path:
    dump, picture = folder / "dump", folder / "picture"
    dump.write_bytes(LARGE)
    picture.write_bytes(b"a picture")
    with archive.written(folder / "copy", recipients=recipients) as copy:
        copy.add(dump, archive.DUMP)
        copy.add(picture, "media/products/apple.webp")
        copy.add(folder / "gone", "media/products/gone.webp")
        copy.finish({"format": 1})
    return folder / "copy"


def read(path: Path, *, identity: str = SECRET) -> dict:
    into = path.parent / "laid"
    into.mkdir(exist_ok=True)
    return archive.unpacked(path, into=into, identity=identity)


@pytest.mark.parametrize("recipients", [[RECIPIENT], []])
def test_what_went_in_comes_out(tmp_path: Path, recipients: list[str]) -> None:
    copy = make(tmp_path, recipients=recipients)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert archive.is_sealed(copy) is bool(recipients)
    assert archive.is_archive(copy)
    manifest = read(copy)
    assert manifest["vanished"] == ["media/products/gone.webp"]
    assert set(manifest["files"]) == {"mami.dump", "media/products/apple.webp"}
    assert (tmp_path / "laid" / "mami.dump").read_bytes() == LARGE
    assert (b"a picture" in copy.read_bytes()) is not bool(recipients)


def test_who_has_no_identity_reads_nothing(tmp_path: Path) -> None:
    copy = make(tmp_path, recipients=[RECIPIENT])
    other = str(pyrage.x25519.Identity.generate())
    for identity, said in [
        ("", "BACKUP_IDENTITY_FILE"),
        (other, "sealed for somebody else"),
        ("my cat's name", "no identity of age"),
    ]:
        with pytest.raises(BackupError, match=said):
            read(copy, identity=identity)
    with pytest.raises(BackupError, match="no public key"):
        make(tmp_path, recipients=["age1nobody"])


@pytest.mark.parametrize("recipients", [[RECIPIENT], []])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_copy_that_was_cut_is_refused(tmp_path: Path, recipients: list[str], kept: float) -> None:
    copy = make(tmp_path, recipients=recipients)
    whole = copy.read_bytes()
    copy.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(BackupError):
        read(copy)


def test_a_letter_that_changed_is_noticed(tmp_path: Path) -> None:
    copy = make(tmp_path, recipients=[])
    copy.write_bytes(copy.read_bytes().replace(b"a picture", b"b picture"))
    with pytest.raises(BackupError, match=r"apple\.webp is not what the manifest says"):
        read(copy)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "media/../../out", "bin/sh"])
def test_a_member_that_no_copy_has_is_refused(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    with tarfile.open(copy, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 3
        tar.addfile(member, io.BytesIO(b"abc"))
    with pytest.raises(BackupError, match="no copy of ours"):
        read(copy)
    assert not (tmp_path / "out").exists()

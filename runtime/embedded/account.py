"""Which system account the database runs as.

PostgreSQL refuses to run as root, so a root-started shop hands the database to an unprivileged account.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.embedded.errors import EmbeddedError

# libpq and the server read these; a PGPORT or PGDATA left in somebody's shell must not redirect our cluster.
_KEPT_VARIABLES = ("PATH", "TMPDIR", "TZ")


@dataclass(frozen=True)
class Account:
    """An account commands are run as; `switch` says that we are root and have to become it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def environment(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in _KEPT_VARIABLES if key in os.environ}
        return kept | {"LC_ALL": "C", "HOME": "/"}

    def run(
        self, command: Sequence[str | Path], *, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that ends by itself and return what it printed.

        Raises EmbeddedError when the account cannot even start it, or when it does not end in `timeout` seconds.
        """
        try:
            return subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
                cwd="/",
                env=self.environment(),
                **self._identity(),
            )
        except PermissionError as error:
            raise self.unreachable(Path(str(command[0]))) from error
        except OSError as error:
            raise EmbeddedError(
                f"{command[0]} cannot be run on this machine ({error.strerror}); run `make setup` again, or name a "
                "database of your own with DATABASE_URL."
            ) from error
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(
                f"{Path(str(command[0])).name} did not finish within {timeout:.0f} seconds; try again, "
                "and if it stays so, look at the database's server.log."
            ) from error

    def run_silently(self, command: Sequence[str | Path], *, timeout: float) -> int:
        """Run a command that leaves a server behind.

        Its output goes nowhere: the server inherits the descriptors, and a pipe would never reach its end.
        """
        try:
            return subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
                check=False,
                cwd="/",
                env=self.environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the database.
                **self._identity(),
            ).returncode
        except PermissionError as error:
            raise self.unreachable(Path(str(command[0]))) from error
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(
                f"The database did not start or stop within {timeout:.0f} seconds; look at its server.log."
            ) from error

    def unreachable(self, path: Path) -> EmbeddedError:
        if self.switch:
            return EmbeddedError(
                f"PostgreSQL must not run as root, and the account '{self.name}' which would run it cannot reach "
                f"{path}; move the checkout (and MAMI_VAR) to a folder that everyone may enter, such as /srv or "
                "/opt, or start Mami as an ordinary user."
            )
        return EmbeddedError(
            f"The account '{self.name}' may not read or run {path}; repair its rights (chmod, chown) or reinstall "
            "with `make setup`."
        )

    def _identity(self) -> dict[str, Any]:
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose(data: Path) -> Account:
    """The account for the cluster in `data`: the one that already owns it, else ourselves, else (as root)
    `postgres` or `nobody`.

    Raises EmbeddedError when the cluster belongs to somebody we cannot become.
    """
    uid = os.geteuid()
    owner = _owner(data)
    if uid != 0:
        if owner is not None and owner.st_uid != uid:
            raise EmbeddedError(
                f"The database folder {data.parent} belongs to the account '{_name(owner.st_uid)}', not to "
                f"'{_name(uid)}'; start Mami as that account (or as root), or choose another folder with MAMI_VAR."
            )
        return Account(name=_name(uid), uid=uid, gid=os.getegid(), switch=False)
    if owner is not None and owner.st_uid != 0:
        return Account(name=_name(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid, switch=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switch=True)
    raise EmbeddedError(
        "PostgreSQL must not run as root, and this machine has neither an account 'postgres' nor 'nobody'; create "
        "one (useradd --system postgres) or start Mami as an ordinary user."
    )


def _owner(data: Path) -> os.stat_result | None:
    """Whose the cluster is, as far as we may look; None when there is none yet."""
    for path in (data, data.parent):
        try:
            return path.stat()
        except (FileNotFoundError, PermissionError, NotADirectoryError):
            continue
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

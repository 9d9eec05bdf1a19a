"""What has to be true before the shop opens: messages, tables, demo data and static files.

Each step looks first whether there is anything to do, so that a second start costs little.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from devtools import translations
from runtime import environment, file_rights
from runtime.embedded import var_folder
from runtime.run import child_processes
from runtime.run.startup import CHECKOUT
from runtime.run.watchdog import Watchdog


def everything(watchdog: Watchdog, *, static: bool) -> None:
    """Make ready, in processes of their own: Django and its libraries are not loaded here.

    Raises SystemExit when a step could not be done; it has said why.
    """
    collecting = None
    if static and _recorded(_static_marker()) != _static_fingerprint():
        print("Collecting static files…", flush=True)
        collecting = "static"
    steps = [
        subprocess.Popen(
            [sys.executable, "-m", "runtime.run.prepare", step],
            start_new_session=True,  # Ctrl-C is for the supervisor
        )
        for step in (collecting, "database")
        if step
    ]
    try:
        for step in steps:
            watchdog.started(step.pid)
        while any(step.poll() is None for step in steps):
            if any(step.poll() for step in steps):
                break
            time.sleep(0.05)
    finally:
        child_processes.end_groups([step.pid for step in steps if step.poll() is None], seconds=1)
        for step in steps:
            watchdog.ended(step.pid)
    # None: it was ended because of the other, and has not been asked since.
    codes = [1 if step.returncode is None else step.returncode for step in steps]
    if any(codes):
        raise SystemExit(max(*codes, 1))


def main(step: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mami.settings")
    environment.load(CHECKOUT)
    try:
        translations.compile_changed()
    except (translations.CatalogueError, OSError) as error:
        environment.stop(f"messages cannot be compiled: {error}")
    import django

    django.setup()
    if step == "static":
        _collect_static_files()
    else:
        _prepare_database()


def _prepare_database() -> None:
    from django.db import DatabaseError, OperationalError, connection

    try:
        _check_server()
        _migrate()
        _seed()
    except OperationalError as error:
        config = connection.settings_dict
        place = f"{config['HOST'] or 'localhost'}:{config['PORT'] or 5432}"
        environment.stop(
            f"the database '{config['NAME']}' at {place} does not answer "
            f"({_first_line(error)}); start it, or correct DATABASE_URL."
        )
    except DatabaseError as error:
        environment.stop(f"the database could not be prepared ({_first_line(error)}).")


def _check_server() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
        cursor.execute("SHOW server_encoding")
        encoding = cursor.fetchone()[0]
    if version < 150000:
        environment.stop(
            f"the database server is PostgreSQL {version // 10000}, and Mami needs 15 or newer; "
            "upgrade it, or leave DATABASE_URL out to use the embedded one."
        )
    if encoding != "UTF8":
        environment.stop(
            f"the database is encoded in {encoding} and cannot hold Hebrew; create it with "
            "ENCODING 'UTF8'."
        )


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    loader = executor.loader
    applied = loader.applied_migrations or {}
    unknown = sorted(
        f"{app}.{name}"
        for app, name in applied
        if app in loader.migrated_apps and (app, name) not in loader.disk_migrations
    )
    if unknown:
        environment.stop(
            f"the database was last used by a newer version of Mami (it knows {unknown[-1]}); "
            "update this checkout, or restore an older copy with make restore."
        )
    if executor.migration_plan(loader.graph.leaf_nodes()):
        print("Preparing the tables…", flush=True)
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    else:
        executor.check_replacements()  # squashed ones are applied where all that they replace is


def _seed() -> None:
    """Once for each database. Seeding again would do no harm, but take seconds at every start."""
    from django.conf import settings
    from django.core.management import call_command

    if not settings.MAMI_DEMO:
        return
    marker, current = settings.MAMI_VAR / "seeded.json", _seed_fingerprint()
    if _recorded(marker) != current:
        print("Filling the shelves…", flush=True)
        call_command("seed")
        _record(marker, current)


def _seed_fingerprint() -> str:
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()),"
            " (SELECT min(applied) FROM django_migrations)"
        )
        which = cursor.fetchone()
    return _hash([str(which).encode(), *_contents((settings.BASE_DIR / "fixtures").rglob("*"))])


def _collect_static_files() -> None:
    from django.core.management import call_command

    fingerprint = _static_fingerprint()
    file_rights.open_to_others()
    try:
        call_command("collectstatic", interactive=False, verbosity=0, skip_checks=True)
    except (OSError, ValueError) as error:
        environment.stop(f"static files cannot be collected: {error}")
    _record(_static_marker(), fingerprint)


def _static_marker() -> Path:
    return var_folder() / "static" / ".collected.json"


def _static_fingerprint() -> str:
    """Of our own files, and of the packages that bring theirs."""
    packages = [package.parent for package in CHECKOUT.glob("[!.]*/__init__.py")]
    folders = [CHECKOUT / "static", *(package / "static" for package in packages)]
    ours = [path for folder in folders for path in folder.rglob("*")]
    return _hash(_contents([CHECKOUT / "requirements.txt", *ours]))


def _contents(paths: Iterable[Path]) -> Iterable[bytes]:
    for path in sorted(paths):
        if path.is_file():
            yield str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes()


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _recorded(marker: Path) -> str | None:
    try:
        return str(json.loads(marker.read_text())["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record(marker: Path, fingerprint: str) -> None:
    marker.write_text(json.dumps({"fingerprint": fingerprint}))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    main(sys.argv[1])

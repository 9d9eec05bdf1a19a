#!/usr/bin/env python
"""Django's command line for Mami."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from logging.config import dictConfig
from pathlib import Path

from django.core.management import execute_from_command_line

from core import logs
from mami import worker_figures
from runtime import embedded, environment, file_rights, production

# These need no database, or look after it themselves.
WITHOUT_DATABASE = {
    "apidocs",
    "collectstatic",
    "datamodel",
    "db",
    "diffsettings",
    "findstatic",
    "help",
    "version",
}


def database(command: str) -> AbstractContextManager[object]:
    """The embedded server, where it is the one in use, for as long as the command runs."""
    if command in WITHOUT_DATABASE or not embedded.is_used():
        return nullcontext()
    wanted = any(os.environ.get(name) for name in ("MAMI_EMBEDDED", "MAMI_DEMO", "DEBUG"))
    if not wanted and not embedded.cluster().exists():
        environment.stop(
            "no database is named; set DATABASE_URL (see .env.example), or MAMI_EMBEDDED=1 for the "
            "embedded one."
        )
    return embedded.held_if_used()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mami.settings")
    environment.load(Path(__file__).resolve().parent)
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "collectstatic":
        file_rights.open_to_others()  # a proxy of another account serves them
    else:
        file_rights.close_to_others()
    if command == "procrastinate":
        production.refuse()
        dictConfig(logs.logging_config(level="INFO", pretty=False))  # until the settings say theirs
        logs.tell_all_as_lines()
        if "worker" in sys.argv[2:3]:
            worker_figures.serve()
    elif command != "runserver":
        os.environ.setdefault("MAMI_LONG_WORK", "1")
    try:
        with database(command):
            execute_from_command_line(sys.argv)
    except embedded.EmbeddedError as error:
        environment.stop(str(error))


if __name__ == "__main__":
    main()

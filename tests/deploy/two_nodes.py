"""Two web servers with folders of their own that share a database and a key, and nothing else.

Only what the image brings (static files) and the provider's ledger, which is no part of the shop, is the
same folder.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests.architecture.project import ROOT
from tests.deploy.front import WebNode
from tests.drills.running_shop import SECRET_KEY


def address_of_database() -> str:
    """Where this process' database is."""
    config = connection.settings_dict
    return (
        f"postgresql://{config['USER']}:{config['PASSWORD']}@/{config['NAME']}"
        f"?host={config['HOST']}&port={config['PORT']}"
    )


@contextmanager
def two_nodes(folder: Path, **variables: str) -> Iterator[list[WebNode]]:
    """They serve, on this process' database, until the end; `variables` are for both."""
    url = address_of_database()
    folders = [folder / "a", folder / "b"]
    shared = folder / "shared"
    for one in (*folders, shared, shared / "static", shared / "sandbox"):
        one.mkdir(mode=0o755)
    for one in folders:
        for name in ("static", "sandbox"):
            (one / name).symlink_to(shared / name)
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY,
        "MAMI_VAR": str(folders[0]), "MAMI_REHEARSAL": "1", "ALLOWED_HOSTS": "127.0.0.1",
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT, env=environment, check=True,
    )  # fmt: skip
    started = [WebNode(one, DATABASE_URL=url, **variables) for one in folders]
    try:
        for node in started:
            node.until_ready()
        yield started
    except BaseException:
        for node in started:
            print(node.log.read_text()[-1500:])
        raise
    finally:
        for node in started:  # so that nobody is left at the database
            node.process.terminate()
        for node in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                node.process.wait(timeout=20)
            node.end()

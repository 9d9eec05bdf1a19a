"""The same writes by pgbench: how many orders the database alone could write down in a second."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runtime.embedded import binaries

SCRIPT = Path(__file__).with_name("bare_order.sql")
CLIENTS, SECONDS = 8, 10


def orders_per_second(shop: Any, goods: Sequence[Any]) -> tuple[float | None, str]:
    """Of eight clients in ten seconds; None where there is no pgbench. And what was used, in words.

    The script repeats the writes of an order of neighbouring `goods` for customers that exist.
    """
    program = _program()
    if program is None:
        return None, "no pgbench on this machine: the share of the bare writes is not measured"
    done = subprocess.run(
        [program, "--no-vacuum", "--client", str(CLIENTS), "--jobs", "2", "--time", str(SECONDS),
         "--file", str(SCRIPT), *_variables(shop, goods), *_database()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or rate is None:
        raise SystemExit(f"pgbench failed: {done.stderr[-500:]}")
    return float(rate[1]), f"{SCRIPT.name} by {program}, {CLIENTS} clients"


def _program() -> str | None:
    bundled = binaries.program("pgbench")
    return str(bundled) if bundled.exists() else shutil.which("pgbench")


def _variables(shop: Any, goods: Sequence[Any]) -> list[str]:
    from django.db.models import Max

    from accounts.models import User

    last = User.objects.aggregate(last=Max("pk"))["last"]
    values = {
        "first": last - 50,
        "last": last,
        "branch": shop.warehouse.pk,
        "dated": shop.slot.dates.get(date=shop.date).pk,
        "low": goods[0].pk,
        "high": goods[-1].pk,
    }
    return [f"--define={name}={value}" for name, value in values.items()]


def _database() -> list[str]:
    from django.db import connection

    known = connection.settings_dict
    port = ["--port", str(known["PORT"])] if known["PORT"] else []
    return ["--host", known["HOST"], *port, "--username", known["USER"], known["NAME"]]

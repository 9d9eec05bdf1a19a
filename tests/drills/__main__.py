"""The drills: `make drill`, or `python -m tests.drills [--only crash,later,holds,…]`.

The long form opens the shop as `make run` does, in a folder of its own. `--short` is what `make test`
runs, on a database it is given.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.drills import crash, idempotency, overload, provider_outages, rush, soak, stopped_worker
from tests.drills.readers import Reading
from tests.drills.running_shop import (
    CHECKOUT,
    SECRET_KEY,
    BareShop,
    RunningShop,
    WholeShop,
    patience,
    standing,
)
from tests.drills.shoppers import DrillData, Ledger, write_drill_data
from tests.drills.verdicts import judge, until_quiet

SHOPPERS, LATER_SHOPPERS, SECONDS_UNTOUCHED = 30, 12, 60
HOLDS = "tests/drills/test_holds.py"
OUTSIDE = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith("MAMI_") and key not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
}
"""The environment as it was before the drill's own shop."""
# Production, but for what is not real here: https, payments, mail, armed faults.
REHEARSED = {
    "MAMI_DEMO": "0",
    "MAMI_REHEARSAL": "1",
    "STAFF_SECOND_FACTOR": "optional",
    "ALLOWED_HOSTS": "127.0.0.1,localhost",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills")
    parser.add_argument("--only", default="holds,keys,rush,weather,overload,worker,crash")
    parser.add_argument(
        "--short", metavar="DATABASE_URL", help="crash only, on this empty database"
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long each weather lasts")
    parser.add_argument("--minutes", type=float, default=30, help="how long the soak lasts")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    random.seed(chosen.seed)
    folder = Path(tempfile.mkdtemp(prefix="mami-drill-"))
    folder.chmod(0o755)
    try:
        if chosen.short:
            wrong = _short(folder, chosen.short)
        else:
            wrong = _holds() if "holds" in chosen.only.split(",") else []
            wrong += _long(
                folder, chosen.only.split(","), seconds=chosen.seconds, minutes=chosen.minutes
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("drill: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _holds() -> list[str]:
    """Thirty orders whose money is held later, on a database of its own, as tests have one."""
    print("holds: asked for later, a third declined, a third sent to their bank", flush=True)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", HOLDS],
        cwd=CHECKOUT,
        env={**OUTSIDE, "MAMI_HOLDS": "30"},
        check=False,
    )
    return (
        [] if ended.returncode == 0 else ["holds: an order ended neither held, told nor given back"]
    )


def _short(folder: Path, database_url: str) -> list[str]:
    _open_database(folder, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY)
    with standing(BareShop(folder, database_url, PAYMENT_TIMEOUT_SECONDS="2")) as running:
        data = write_drill_data(customers=24, products=12)
        ledger = Ledger(path=running.var / "acked.jsonl")
        wrong = _crash(running, data, ledger, shoppers=6, act=crash.short)
        return [*wrong, *judge(ledger, whole=False)]


def _long(folder: Path, wanted: list[str], *, seconds: float, minutes: float) -> list[str]:
    _open_database(folder, MAMI_EMBEDDED="1")
    wrong: list[str] = []
    # Judged by its memory, a process has to stay one.
    lasting = {"WEB_MAX_REQUESTS": "0"} if "soak" in wanted else {}
    with standing(WholeShop(folder, **REHEARSED, **lasting)) as running:
        data = write_drill_data(customers=520, products=40, odd_cards=["tok_timeout"] * 8)
        ledger = Ledger(path=running.var / "acked.jsonl")
        if "keys" in wanted:
            wrong += idempotency.drill(running, data, ledger)
        if "rush" in wanted:
            wrong += rush.drill(running, data)
            wrong += _without_turns(running, data)
        if "weather" in wanted:
            wrong += provider_outages.drill(running, data, seconds=seconds)
            wrong += _without_free_lines(running, data)
        if "overload" in wanted:
            much = patience()
            found, crowd = overload.drill(running, data, ledger, seconds=seconds, much=much)
            wrong += found
            wrong += _without_lines(running, data, ledger, crowd, seconds=seconds / 3, much=much)
        if "worker" in wanted:
            wrong += stopped_worker.drill(running, data, ledger)
        if "soak" in wanted:
            wrong += soak.drill(running, data, ledger, minutes=minutes)
        if "crash" in wanted:
            wrong += _crash(running, data, ledger, shoppers=SHOPPERS, act=crash.whole)
        if "later" in wanted:
            wrong += _crash(running, data, ledger, shoppers=LATER_SHOPPERS, act=crash.later)
        return [*wrong, *judge(ledger)]


def _without_free_lines(running: WholeShop, data: DrillData) -> list[str]:
    """The control of D6: beside the shop a second web server, few threads of which may all wait."""
    with standing(_second(running, WEB_THREADS="6", PAYMENT_CALLS_AT_ONCE="1000")) as second:
        stalled = provider_outages.control(second, data)
    return [] if stalled else ["the control passed: free threads make no difference"]


def _without_turns(running: WholeShop, data: DrillData) -> list[str]:
    """The control of D3: beside the shop a second web server, where all begin at once."""
    with standing(_second(running, CONFIRMS_PER_PRODUCT="0")) as second:
        held_up = rush.control(second, data)
    return [] if held_up else ["the control passed: turns make no difference"]


def _without_lines(
    running: WholeShop,
    data: DrillData,
    ledger: Ledger,
    crowd: Reading,
    *,
    seconds: float,
    much: float,
) -> list[str]:
    """The control of D9: beside the shop a second web server that lets in whoever comes."""
    with standing(_second(running, REQUESTS_AT_ONCE="0")) as second:
        harmed = overload.control(second, data, ledger, seconds=seconds, much=much, beside=crowd)
    return [] if harmed else ["the control passed: lines make no difference"]


def _second(running: WholeShop, **variables: str) -> BareShop:
    """Another web server on the database of the shop."""
    secret = (running.var / "secret_key").read_text().strip()
    return BareShop(running.var, running.opened.cluster.url(), SECRET_KEY=secret, **variables)


def _crash(
    running: RunningShop,
    data: DrillData,
    ledger: Ledger,
    *,
    shoppers: int,
    act: Callable[[crash.Drill], None],
) -> list[str]:
    print(f"D1: killed at every point ({act.__name__})", flush=True)
    drill = crash.Drill(running=running, data=data, ledger=ledger, shoppers=shoppers)
    left = crash.control(drill)
    print(f"  control, nobody recovers: {', '.join(left) or 'NOTHING is left open'}", flush=True)
    act(drill)
    took, pending = until_quiet(seconds=SECONDS_UNTOUCHED * patience())
    print(f"  untouched: {pending or 'nothing pending'} after {took:.0f} s")
    for name, figure in crash.summary(drill).items():
        print(f"  {name}: {figure}")
    wrong = [] if left else ["the control passed: nothing was left to recover"]
    return [*wrong, *drill.wrong, *pending]


def _open_database(folder: Path, **variables: str) -> None:
    """Look at the shop's own database and the provider's own ledger."""
    os.environ |= {
        "MAMI_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "mami.settings",
        "MAMI_DEMO": "0",
        "DEBUG": "0",
        "DATABASE_POOL_SIZE": "0",
        **variables,
    }
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())

"""The drills: `make drill`, or `python -m tests.drills [--only crash,keys,rush,weather]`.

The long form opens the shop as `make run` does, in a folder of its own. `--short` is what `make test`
runs, on a database it is given.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.drills import crash, keys, rush, weather
from tests.drills.house import SECRET_KEY, BareShop, House, WholeShop, standing
from tests.drills.judges import judge, until_settled
from tests.drills.street import Ledger, Street, people_move_in

SHOPPERS, SECONDS_UNTOUCHED = 30, 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills")
    parser.add_argument("--only", default="keys,rush,weather,crash")
    parser.add_argument(
        "--short", metavar="DATABASE_URL", help="crash only, on this empty database"
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long each weather lasts")
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
            wrong = _long(folder, chosen.only.split(","), seconds=chosen.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("drill: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _short(folder: Path, database_url: str) -> list[str]:
    _settle(folder, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY)
    with standing(BareShop(folder, database_url, PAYMENT_TIMEOUT_SECONDS="2")) as house:
        street = people_move_in(customers=24, products=12)
        ledger = Ledger(path=house.var / "acked.jsonl")
        wrong = _crash(house, street, ledger, shoppers=6, act=crash.short)
        return [*wrong, *judge(ledger, whole=False)]


def _long(folder: Path, wanted: list[str], *, seconds: float) -> list[str]:
    _settle(folder, MAMI_EMBEDDED="1")
    wrong: list[str] = []
    with standing(WholeShop(folder, MAMI_DEMO="0")) as house:
        street = people_move_in(customers=520, products=40, odd_cards=["tok_timeout"] * 8)
        ledger = Ledger(path=house.var / "acked.jsonl")
        if "keys" in wanted:
            wrong += keys.drill(house, street, ledger)
        if "rush" in wanted:
            wrong += rush.drill(house, street)
            wrong += _without_turns(house, street)
        if "weather" in wanted:
            wrong += weather.drill(house, street, seconds=seconds)
            wrong += _without_free_lines(house, street)
        if "crash" in wanted:
            wrong += _crash(house, street, ledger, shoppers=SHOPPERS, act=crash.whole)
        return [*wrong, *judge(ledger)]


def _without_free_lines(house: WholeShop, street: Street) -> list[str]:
    """The control of D6: beside the shop a second web server, few threads of which may all wait."""
    with standing(_second(house, WEB_THREADS="6", PAYMENT_CALLS_AT_ONCE="1000")) as second:
        stalled = weather.control(second, street)
    return [] if stalled else ["the control passed: free threads make no difference"]


def _without_turns(house: WholeShop, street: Street) -> list[str]:
    """The control of D3: beside the shop a second web server, where all begin at once."""
    with standing(_second(house, CONFIRMS_PER_PRODUCT="0")) as second:
        held_up = rush.control(second, street)
    return [] if held_up else ["the control passed: turns make no difference"]


def _second(house: WholeShop, **variables: str) -> BareShop:
    """Another web server on the database of the shop."""
    secret = (house.var / "secret_key").read_text().strip()
    return BareShop(house.var, house.opened.cluster.url(), SECRET_KEY=secret, **variables)


def _crash(
    house: House,
    street: Street,
    ledger: Ledger,
    *,
    shoppers: int,
    act: Callable[[crash.Drill], None],
) -> list[str]:
    print("D1: killed at every point of confirm", flush=True)
    drill = crash.Drill(house=house, street=street, ledger=ledger, shoppers=shoppers)
    left = crash.control(drill)
    print(f"  control, nobody recovers: {', '.join(left) or 'NOTHING is left open'}", flush=True)
    act(drill)
    took, pending = until_settled(seconds=SECONDS_UNTOUCHED)
    print(f"  untouched: {pending or 'nothing pending'} after {took:.0f} s")
    for name, figure in crash.summary(drill).items():
        print(f"  {name}: {figure}")
    wrong = [] if left else ["the control passed: nothing was left to recover"]
    return [*wrong, *drill.wrong, *pending]


def _settle(folder: Path, **variables: str) -> None:
    """Look at the house's own database and the provider's own ledger."""
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

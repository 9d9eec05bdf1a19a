"""What the calendar costs where windows are listed, beside the same list of a shop that keeps none.

`python -m benchmarks.windows [--requests 300]` opens a shop of its own in a temporary folder and
measures the CPU time of its web processes and its database for each `/delivery-slots/available`, in
one run on one gunicorn: rests kept and not kept in turn, the best round of each. Exit code 1 above
1.15 times.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.serving import PreparedShop, ServedShop, prepared_shop, served

PATH = "/api/v1/delivery-slots/available?days=14"
ALLOWED = 1.15
ROUNDS = 5
KEEP = "from branches.services import update_calendar; update_calendar(actor=None, changes={{'keeps_shabbat': {keeps}}})"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    with prepared_shop() as opened:
        opened.manage("seed")
        with served(opened) as shop:
            return _report(_costs(opened, shop, options.requests))


def _costs(opened: PreparedShop, shop: ServedShop, requests: int) -> dict[bool, float]:
    """Milliseconds of CPU for one list, by whether rests are kept."""
    rounds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * ROUNDS):
        keeps = number % 2 == 0
        opened.manage("shell", "-c", KEEP.format(keeps=keeps))
        _listed(shop, 20)  # what a process remembers of the calendar is there
        begun = shop.spent()
        _listed(shop, requests)
        rounds[keeps].append((shop.spent() - begun) * 1000 / requests)
    return {keeps: min(found) for keeps, found in rounds.items()}


def _listed(shop: ServedShop, times: int) -> None:
    connection = shop.connect()
    for _ in range(times):
        connection.request("GET", PATH, headers={"Accept-Language": "en"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{PATH} answered {response.status}")


def _report(costs: dict[bool, float]) -> int:
    ratio = costs[True] / costs[False]
    is_kept = ratio <= ALLOWED
    print(f"windows without a calendar {costs[False]:6.2f} ms")
    print(
        f"windows with the calendar  {costs[True]:6.2f} ms  {ratio:5.2f} × (allowed {ALLOWED})"
        f"  {'✓' if is_kept else '✗'}"
    )
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""A worker of its own that orders what is due at an instant, and dies where MAMI_FAULT says."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import django
from django.conf import settings


def main() -> None:
    django.setup()
    from standing.services.placing import place_due

    due = dt.datetime.fromisoformat(sys.argv[1])
    settings.SANDBOX_LEDGER = Path(sys.argv[2])  # one provider for all of them
    print("ready", flush=True)
    sys.stdin.readline()
    place_due(now=due, limit=10_000)


if __name__ == "__main__":
    main()

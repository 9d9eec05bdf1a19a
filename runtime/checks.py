"""What `manage.py check --deploy` says of a start that is not safe: the same as the start itself."""

from __future__ import annotations

import os
from typing import Any

from django.core import checks

from runtime import production


@checks.register(checks.Tags.security, deploy=True)
def start_is_safe(**_: Any) -> list[checks.CheckMessage]:
    """Each fault is an error; what a rehearsal lets pass is told and stands in no way."""
    return [
        *(
            checks.Error(fault.sentence, id=f"mami.E{fault.number}")
            for fault in production.faults(os.environ)
        ),
        *(
            checks.Info(f"Rehearsal: {fault.sentence}", id=f"mami.I{fault.number}")
            for fault in production.rehearsed(os.environ)
        ),
    ]


@checks.register(checks.Tags.security, deploy=True)
def database_is_reached_safely(**_: Any) -> list[checks.CheckMessage]:
    """Over a network, PostgreSQL's own answer decides on encryption unless it is insisted on."""
    if not production.database_is_exposed(os.environ):
        return []
    return [
        checks.Warning(
            "The database is reached over a network without sslmode=require or better.",
            hint="Append ?sslmode=verify-full (or require) to DATABASE_URL.",
            id="mami.W102",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def others_are_reached_safely(**_: Any) -> list[checks.CheckMessage]:
    """Whatever else the shop asks across a network: counters, search, pictures, the second database."""
    return [
        checks.Warning(
            f"{name} names a server across a network that is spoken to in clear.",
            hint="sslmode=verify-full for a database, rediss:// for Redis, https:// for the others.",
            id="mami.W116",
        )
        for name in production.spoken_to_in_clear(os.environ)
    ]

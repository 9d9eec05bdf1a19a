"""The shop that tells nothing: no figures and no line for a request; else the same code on the same server."""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created
from prometheus_client import Counter, Gauge, Histogram

from core import metrics
from core.telemetry import notebook, pool, request_lines, statements
from mami.wsgi import application

__all__ = ["application"]


def _nothing(*_: Any, **__: Any) -> None:
    return None


for _kind, _names in (
    (Counter, ("inc",)),
    (Gauge, ("inc", "dec", "set")),
    (Histogram, ("observe",)),
):
    for _name in _names:
        setattr(_kind, _name, _nothing)
for _module, _name in (
    (notebook.Notebook, "note"), (metrics.InHand, "add"), (request_lines, "answered"),
):  # fmt: skip
    setattr(_module, _name, _nothing)
connection_created.disconnect(statements.watch)
connection_created.disconnect(pool.measure)

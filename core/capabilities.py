"""What the shop can do and may be told not to, without a release.

`settings.CAPABILITIES_TABLE` names the table. A route that belongs to a capability which is switched off
is not there: 404 on every face. Known for ten seconds by each process (the cache of django-waffle).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

SEARCH_OPENSEARCH = "search_opensearch"  # asked for by search: it has no route of its own
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(frozen=True, kw_only=True)
class Capability:
    """One switch. `routes` are not there when it is off; of those in `writes_of` only reading stays.
    What has no route of its own asks `is_on`. `under_way` says what becomes of what has begun.
    """

    name: str
    label: Any
    under_way: Any
    default: bool = True
    routes: frozenset[str] = frozenset()
    writes_of: frozenset[str] = frozenset()


@cache
def table() -> dict[str, Capability]:
    found: tuple[Capability, ...] = import_string(settings.CAPABILITIES_TABLE)
    return {capability.name: capability for capability in found}


def is_on(name: str) -> bool:
    """Whether the shop does this now."""
    capability = table()[name]
    if not settings.CAPABILITIES_ASKED:
        return capability.default
    from waffle import get_waffle_switch_model

    switch = get_waffle_switch_model().get(name)
    return bool(switch.active) if switch.pk else capability.default


def is_offered(route: str, method: str = "GET") -> bool:
    """Whether this route is there, as far as switches go."""
    for name in _owners().get(route, ()):
        capability = table()[name]
        touched = route in capability.routes or method in WRITES
        if touched and not is_on(name):
            return False
    return True


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for capability in table().values():
        for route in capability.routes | capability.writes_of:
            found[route] = (*found.get(route, ()), capability.name)
    return found

"""The audit trail in the JSON API."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, by_cursor
from api.queries import bounds
from api.views import ApiView
from audit import selectors
from audit.serializers import AuditOut, AuditQuery

FILTERS = ("entity_type", "entity_id", "action", "actor_id")


class Audit(ApiView):
    @operation(
        tag="Administration",
        summary="Who did what",
        description="Newest first.",
        query=AuditQuery,
        answer=AuditOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        wanted: dict[str, Any] = {k: query[k] for k in FILTERS if k in query}
        rows = selectors.entries(**wanted | bounds(query))
        return by_cursor(rows, keys=("-created_at", "-id"), **query)

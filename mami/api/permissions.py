"""The rights table, enforced on every call."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from mami.errors import NotAuthenticated
from mami.rights import allows, right_for


class RightsTable(BasePermission):
    """Ask `mami.rights` for the route and method; a route without a row answers 404 to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        match = request.resolver_match
        right = right_for(match.view_name, request.method or "GET") if match else None
        if right is None:
            raise Http404
        if allows(right, request.user):
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return False

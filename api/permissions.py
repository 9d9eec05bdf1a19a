"""The rights table, enforced on every call."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.capabilities import is_offered
from core.errors import NotAuthenticated, SecondFactorSetupRequired
from core.rights import allows, right_for

WITHOUT_SECOND_FACTOR = ("/api/v1/auth/", "/api/v1/me")


class RightsTable(BasePermission):
    """Ask the rights table for the route and method; a route without a row answers 404 to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        match = request.resolver_match
        route, method = match.view_name if match else "", request.method or "GET"
        right = right_for(route, method)
        if right is None or not is_offered(route, method):
            raise Http404
        if allows(right, request.user):
            if _must_set_up(request):
                raise SecondFactorSetupRequired
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return False


def _must_set_up(request: Request) -> bool:
    """Whether this person needs a second factor first, for anything but their own account."""
    lacks = getattr(request.user, "lacks_second_factor", False)
    return bool(lacks) and not request.path.startswith(WITHOUT_SECOND_FACTOR)

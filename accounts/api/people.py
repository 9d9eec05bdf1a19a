"""Other people, for admins."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from accounts import errors, selectors, services
from accounts.models import User
from accounts.serializers import (
    PeopleQuery,
    PersonAdminOut,
    PersonPatchIn,
)
from api.operations import operation
from api.pagination import Page, by_cursor
from api.views import ApiView
from core import clock
from core.errors import InvalidInput
from core.typed_requests import PersonApiRequest

TAG = "Accounts"


class People(ApiView):
    @operation(
        tag="Administration",
        summary="People",
        description="Newest first.",
        query=PeopleQuery,
        answer=PersonAdminOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        wanted = {k: query[k] for k in ("q", "role", "is_active") if k in query}
        return by_cursor(selectors.people(**wanted), keys=("-id",), **query)


class PersonDetail(ApiView):
    @operation(tag="Administration", summary="A person", answer=PersonAdminOut)
    def get(self, request: Request, user_id: int) -> User:
        return selectors.person(user_id=user_id)

    @operation(
        tag="Administration",
        summary="Change a person's role, or close or reopen their account",
        description="Old rights end at once, whatever token is still alive.",
        body=PersonPatchIn,
        partial=True,
        answer=PersonAdminOut,
        refusals=[errors.CannotModifySelf, errors.LastAdmin, InvalidInput],
    )
    def patch(self, request: PersonApiRequest, body: dict[str, Any], user_id: int) -> User:
        return services.change_person(actor=request.user, user_id=user_id, **body, now=clock.now())


class ResetSecondFactor(ApiView):
    @operation(
        tag="Administration",
        summary="Take the second factor from a person who lost it",
        description="Every sign-in of theirs ends, and a mail tells them.",
        status=204,
        refusals=[errors.CannotModifySelf],
    )
    def post(self, request: PersonApiRequest, user_id: int) -> None:
        services.second_factor.reset(actor=request.user, user_id=user_id, now=clock.now())

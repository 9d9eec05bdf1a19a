"""Branches as managers look after them; a new one gets its stock rows."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, paged
from api.queries import Paging
from api.views import ApiView
from branches import errors, selectors
from branches.models import Branch
from branches.serializers import (
    BranchAdminOut,
    BranchIn,
    BranchPatchIn,
    in_both_languages,
)
from branches.services import BranchData, deactivate_branch, update_branch
from core.errors import Busy
from core.typed_requests import PersonApiRequest
from ops import services

TAG = "Administration"


class AdminBranches(ApiView):
    @operation(
        tag=TAG,
        summary="All branches, closed ones too",
        query=Paging,
        answer=BranchAdminOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        return paged(selectors.all_branches(), **query)

    @operation(
        tag=TAG,
        summary="Open a branch",
        description="Every product gets a stock row of 0 there.",
        body=BranchIn,
        answer=BranchAdminOut,
        status=201,
        refusals=[errors.DuplicateBranchName, Busy],
    )
    def post(self, request: PersonApiRequest, body: dict[str, Any]) -> Branch:
        data = BranchData(**in_both_languages(body, complete=True))
        return services.open_branch(actor=request.user, data=data)


class AdminBranch(ApiView):
    @operation(tag=TAG, summary="A branch, open or not", answer=BranchAdminOut)
    def get(self, request: Request, branch_id: int) -> Branch:
        return selectors.any_branch(branch_id=branch_id)

    @operation(
        tag=TAG,
        summary="Change a branch",
        body=BranchPatchIn,
        partial=True,
        answer=BranchAdminOut,
        refusals=[errors.DuplicateBranchName, errors.DeliverySourceRequired, Busy],
    )
    def patch(self, request: Request, body: dict[str, Any], branch_id: int) -> Branch:
        changes = in_both_languages(body, complete=False)
        return update_branch(actor=request.user, branch_id=branch_id, changes=changes)

    @operation(
        tag=TAG,
        summary="Close a branch",
        description="PATCH `is_active` opens it again.",
        status=204,
        refusals=[errors.DeliverySourceRequired, Busy],
    )
    def delete(self, request: Request, branch_id: int) -> None:
        deactivate_branch(actor=request.user, branch_id=branch_id)

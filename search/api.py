"""Search as managers look after it, in the JSON API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.pagination import Page, paged
from api.views import ApiView
from core.errors import Busy, InvalidInput, NotFound
from search import selectors, services
from search.errors import SearchRuleExists
from search.models import SearchRule
from search.selectors import Explained
from search.serializers import (
    DismissIn,
    ExplainedOut,
    ExplainQuery,
    LoggedOut,
    LoggedQuery,
    RuleIn,
    RuleOut,
    RulePatchIn,
    RulesQuery,
)
from search.services import RuleData

TAG = "Administration"


class AdminSearchRules(ApiView):
    @operation(
        tag=TAG,
        summary="Rules of search, switched off ones too",
        description="The newest first.",
        query=RulesQuery,
        answer=RuleOut,
        page=True,
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        wanted = {name: query[name] for name in ("kind", "q", "is_active") if name in query}
        page = paged(selectors.all_rules(**wanted), **query)
        return replace(page, items=selectors.with_finds(page.items))

    @operation(
        tag=TAG,
        summary="Add a rule of search",
        description="It holds from the next search on.",
        body=RuleIn,
        answer=RuleOut,
        status=201,
        refusals=[SearchRuleExists, InvalidInput, Busy],
    )
    def post(self, request: Request, body: dict[str, Any]) -> tuple[SearchRule, int | None]:
        made = services.create_rule(actor=request.user, data=RuleData(**body))
        return _shown(made.pk)


class AdminSearchRule(ApiView):
    @operation(
        tag=TAG,
        summary="Change a rule of search",
        body=RulePatchIn,
        partial=True,
        answer=RuleOut,
        refusals=[SearchRuleExists, InvalidInput, Busy],
    )
    def patch(
        self, request: Request, body: dict[str, Any], rule_id: int
    ) -> tuple[SearchRule, int | None]:
        services.update_rule(actor=request.user, rule_id=rule_id, changes=body)
        return _shown(rule_id)

    @operation(
        tag=TAG,
        summary="Switch a rule of search off",
        description="PATCH `is_active` brings it back.",
        status=204,
        refusals=[Busy],
    )
    def delete(self, request: Request, rule_id: int) -> None:
        services.deactivate_rule(actor=request.user, rule_id=rule_id)


class AdminSearchQueries(ApiView):
    @operation(
        tag=TAG,
        summary="What people searched for",
        description="The most searched first. Kept for 180 days, without any person.",
        query=LoggedQuery,
        answer=LoggedOut,
        page=True,
        refusals=[InvalidInput],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Page:
        names = ("show", "date_from", "date_to", "q")
        wanted = {name: query[name] for name in names if name in query}
        return paged(selectors.logged_texts(**wanted), **query)


class AdminSearchDismissal(ApiView):
    @operation(
        tag=TAG,
        summary="Say that a logged text needs no rule",
        body=DismissIn,
        status=204,
        refusals=[NotFound],
    )
    def post(self, request: Request, body: dict[str, Any]) -> None:
        services.dismiss_query(actor=request.user, **body)


class AdminSearchExplain(ApiView):
    @operation(
        tag=TAG,
        summary="Why a text finds what it finds",
        query=ExplainQuery,
        answer=ExplainedOut,
        refusals=[NotFound],
    )
    def get(self, request: Request, query: dict[str, Any]) -> Explained:
        return selectors.explained(**query)


def _shown(rule_id: int) -> tuple[SearchRule, int | None]:
    ((rule, finds),) = selectors.with_finds([selectors.any_rule(rule_id=rule_id)])
    return rule, finds

"""The log of messages in the JSON API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.operations import operation
from api.pagination import Page, by_cursor
from api.views import ApiView
from core.errors import Busy, NotFound
from core.typed_requests import PersonApiRequest
from notifications import selectors, services
from notifications.errors import MessageNotFailed
from ops.message_log import Logged, with_orders
from ops.message_serializers import MessageOut, MessagesQuery

TAG = "Staff"
FILTERS = ("event", "channel", "state", "user_id")


class Messages(ApiView):
    @operation(
        tag=TAG,
        summary="What people were told",
        description="Newest first; neither address nor text.",
        query=MessagesQuery,
        answer=MessageOut,
        page=True,
    )
    def get(self, request: PersonApiRequest, query: dict[str, Any]) -> Page:
        found = selectors.messages(**{name: query[name] for name in FILTERS if name in query})
        page = by_cursor(found, keys=("-id",), **query)
        return replace(page, items=with_orders(page.items))


class ResendMessage(ApiView):
    @operation(
        tag=TAG,
        summary="Send a failed message once more",
        answer=MessageOut,
        status=201,
        refusals=[NotFound, MessageNotFailed, Busy],
    )
    def post(self, request: PersonApiRequest, message_id: int) -> Logged:
        (logged,) = with_orders([services.resend(actor=request.user, message_id=message_id)])
        return logged

"""The kinds of messages. Each names the function that makes its text's context when it is sent.

The function is named by a string because its app is above this one; it gets the message's own
context (keys only) as keyword arguments and may raise `Obsolete` when there is nothing to tell any
more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.module_loading import import_string

CONTEXTS: Mapping[str, str] = {
    "order_confirmed": "orders.mailing.order_context",
    "order_status": "orders.mailing.status_context",
}


def context_maker(kind: str) -> Callable[..., Mapping[str, Any]]:
    """The function behind a kind. Raises KeyError for an unknown kind."""
    found: Callable[..., Mapping[str, Any]] = import_string(CONTEXTS[kind])
    return found

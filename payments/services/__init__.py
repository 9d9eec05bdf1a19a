"""What may be done with money: hold it, take it, let it go, give it back, keep a card.

`holding` is checkout's side, `calls` what follows once there is an order, `cards` the saved cards,
`cases` the payments whose provider and order disagreed.
"""

from __future__ import annotations

from payments.outcomes import NO_ANSWER, NOT_CONFIRMED, UNREACHABLE, Outcome, PaymentHandle, Verdict
from payments.services.calls import (
    give_back,
    request_capture,
    request_refund,
    request_void,
)
from payments.services.card_pages import begin_card, finish_card, has_card_page
from payments.services.cards import (
    chosen_card,
    default_token,
    delete_token,
    remember_card,
    save_token,
    set_default_token,
    tokens_of,
)
from payments.services.cases import (
    close_case,
    found_uncommitted,
    open_case,
    record_recovered,
    resolve_case,
    resolve_completed,
)
from payments.services.events import receive_event, settle_events
from payments.services.holding import (
    ask,
    authorise,
    open_payment,
    record_authorised,
    record_failed,
    record_orphan,
    record_reference,
)
from payments.services.performing import perform_call, perform_open_calls
from payments.services.syncing import sync_open_payments, sync_payment

__all__ = [
    "NOT_CONFIRMED", "NO_ANSWER", "UNREACHABLE", "Outcome", "PaymentHandle", "Verdict", "ask", "authorise", "begin_card",
    "chosen_card", "close_case", "default_token", "delete_token", "finish_card", "found_uncommitted", "give_back", "has_card_page", "open_case",
    "open_payment", "perform_call", "perform_open_calls", "receive_event", "record_authorised",
    "record_failed", "record_orphan", "record_recovered", "record_reference", "remember_card",
    "request_capture", "request_refund", "request_void", "resolve_case", "resolve_completed", "save_token",
    "set_default_token", "settle_events", "sync_open_payments", "sync_payment", "tokens_of",
]  # fmt: skip

"""What may be done with money: hold it, take it, let it go, give it back, keep a card.

`holding` is checkout's side, `calls` what follows once there is an order, `cards` the saved cards,
`cases` the payments whose provider and order disagreed.
"""

from __future__ import annotations

from payments.payment_results import (
    NO_ANSWER,
    NOT_CONFIRMED,
    UNREACHABLE,
    Outcome,
    PaymentHandle,
    Verdict,
)
from payments.services.calls import (
    mark_followed,
    refund_id_of,
    request_capture,
    request_refund,
    request_void,
    void_or_refund,
)
from payments.services.card_pages import begin_card, finish_card, has_card_page
from payments.services.cards import (
    check_token,
    chosen_card,
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
from payments.services.disputes import (
    mark_credited,
    note_dispute,
    sync_disputes,
    tell_open,
    tell_provider,
    wish_accept,
    wish_answer,
)
from payments.services.events import handle_events, receive_event
from payments.services.holding import (
    ask,
    authorise,
    next_attempt,
    open_free,
    open_payment,
    open_unpaid,
)
from payments.services.later import (
    abandoned_attempts,
    ask_later,
    attempt_of,
    awaits_confirmation,
    begin_scheduled,
    drop_attempt,
    mandate_of,
    postpone,
    refuse_scheduled,
    replace_payment,
    reprice_scheduled,
    waiting_attempts,
    with_mandate,
)
from payments.services.provider_calls import (
    perform_call,
    perform_capture,
    perform_open_calls,
)
from payments.services.recording import (
    first_outcome,
    record_agreed,
    record_authorised,
    record_failed,
    record_orphan,
    record_reference,
)
from payments.services.syncing import sync_open_payments, sync_payment
from payments.services.unpaid import mark_unpaid, note_asked, put_off, resolve_lost

__all__ = [
    "NOT_CONFIRMED",
    "NO_ANSWER",
    "UNREACHABLE",
    "Outcome",
    "PaymentHandle",
    "Verdict",
    "abandoned_attempts",
    "ask",
    "ask_later",
    "attempt_of",
    "authorise",
    "awaits_confirmation",
    "begin_card",
    "begin_scheduled",
    "check_token",
    "chosen_card",
    "close_case",
    "delete_token",
    "drop_attempt",
    "finish_card",
    "first_outcome",
    "found_uncommitted",
    "handle_events",
    "has_card_page",
    "mandate_of",
    "mark_credited",
    "mark_followed",
    "mark_unpaid",
    "next_attempt",
    "note_asked",
    "note_dispute",
    "open_case",
    "open_free",
    "open_payment",
    "open_unpaid",
    "perform_call",
    "perform_capture",
    "perform_open_calls",
    "postpone",
    "put_off",
    "receive_event",
    "record_agreed",
    "record_authorised",
    "record_failed",
    "record_orphan",
    "record_recovered",
    "record_reference",
    "refund_id_of",
    "refuse_scheduled",
    "remember_card",
    "replace_payment",
    "reprice_scheduled",
    "request_capture",
    "request_refund",
    "request_void",
    "resolve_case",
    "resolve_completed",
    "resolve_lost",
    "save_token",
    "set_default_token",
    "sync_disputes",
    "sync_open_payments",
    "sync_payment",
    "tell_open",
    "tell_provider",
    "tokens_of",
    "void_or_refund",
    "waiting_attempts",
    "wish_accept",
    "wish_answer",
    "with_mandate",
]  # fmt: skip

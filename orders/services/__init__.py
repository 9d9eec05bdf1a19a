"""What may happen to an order, from placement to the door."""

from orders.services.arriving import arrive
from orders.services.asking import answer_question, ask_customer, expire_questions
from orders.services.canceling import cancel
from orders.services.creating import create_order
from orders.services.delivering import deliver
from orders.services.disputing import (
    accept_dispute,
    answer_dispute,
    credit_dispute,
    disputed_order,
    evidence_of,
)
from orders.services.following import follow_call, follow_calls
from orders.services.holding import keep_held, settle_attempt, swap_hold
from orders.services.invoicing import bill_business
from orders.services.leaving import finish_open as finish_leaving
from orders.services.listing import order_to_list
from orders.services.noting import write_note
from orders.services.paying import begin_payment, request_payment
from orders.services.picker_handover import hand_back, take_over
from orders.services.picking import pick_item, pick_within
from orders.services.problem_refunds import check_decision, decide_problem
from orders.services.refund_parts import ItemPart, RefundRequest
from orders.services.refunding import preview_refund, refund, vat_of_refund
from orders.services.reordering import reorder
from orders.services.reporting import Reported, report_problem
from orders.services.reslotting import reslot
from orders.services.substituting import substitute, substitute_within
from orders.services.transitions import change_status, claim_order, finish_picking
from orders.services.unpaid import ask_to_pay

__all__ = [
    "ItemPart",
    "RefundRequest",
    "Reported",
    "accept_dispute",
    "answer_dispute",
    "answer_question",
    "arrive",
    "ask_customer",
    "ask_to_pay",
    "begin_payment",
    "bill_business",
    "cancel",
    "change_status",
    "check_decision",
    "claim_order",
    "create_order",
    "credit_dispute",
    "decide_problem",
    "deliver",
    "disputed_order",
    "evidence_of",
    "expire_questions",
    "finish_leaving",
    "finish_picking",
    "follow_call",
    "follow_calls",
    "hand_back",
    "keep_held",
    "order_to_list",
    "pick_item",
    "pick_within",
    "preview_refund",
    "refund",
    "reorder",
    "report_problem",
    "request_payment",
    "reslot",
    "settle_attempt",
    "substitute",
    "substitute_within",
    "swap_hold",
    "take_over",
    "vat_of_refund",
    "write_note",
]

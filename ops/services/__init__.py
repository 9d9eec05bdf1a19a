"""Steps of the staff screens that join what several apps do."""

from ops.services.branches import open_branch
from ops.services.customers import FEWEST, find_customers, look_at
from ops.services.disputing import accept_once, answer_once, credit_once
from ops.services.handover import hand_over
from ops.services.jobs import cancel_jobs, retry_jobs
from ops.services.picking import SWAP, claim_or_take_over, record_pick, scan, swap
from ops.services.refunding import Refunded, refund_once

__all__ = [
    "FEWEST",
    "SWAP",
    "Refunded",
    "accept_once",
    "answer_once",
    "cancel_jobs",
    "claim_or_take_over",
    "credit_once",
    "find_customers",
    "hand_over",
    "look_at",
    "open_branch",
    "record_pick",
    "refund_once",
    "retry_jobs",
    "scan",
    "swap",
]

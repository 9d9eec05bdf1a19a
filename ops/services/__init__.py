"""Steps of the staff screens that join what several rooms do."""

from ops.services.branches import open_branch
from ops.services.handover import hand_over
from ops.services.jobs import cancel_jobs, retry_jobs
from ops.services.picking import SWAP, answer, claim, scan, swap
from ops.services.refunding import Refunded, refund_once

__all__ = [
    "SWAP",
    "Refunded",
    "answer",
    "cancel_jobs",
    "claim",
    "hand_over",
    "open_branch",
    "refund_once",
    "retry_jobs",
    "scan",
    "swap",
]

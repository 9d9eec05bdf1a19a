"""Steps of the staff screens that join what several rooms do."""

from ops.services.branches import open_branch
from ops.services.handover import hand_over
from ops.services.picking import answer, claim, scan

__all__ = ["answer", "claim", "hand_over", "open_branch", "scan"]

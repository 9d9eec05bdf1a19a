"""Opening a branch: its row and its shelves."""

from __future__ import annotations

from accounts.models import User
from branches.models import Branch
from branches.services import BranchData, create_branch
from core.transactions import write_transaction
from inventory.services import open_rows


def open_branch(*, actor: User | None, data: BranchData) -> Branch:
    """Open a branch together with its empty stock rows.

    Raises DuplicateName, InvalidInput.
    """
    with write_transaction():
        branch = create_branch(actor=actor, data=data)
        open_rows(actor=actor, branch_id=branch.pk)
    return branch

"""Taking places in delivery windows, and looking after branches and the weekly plan."""

from branches.locks import lock_dated_slot
from branches.services.calendar import add_closure, remove_closure, set_dated_capacity
from branches.services.places import check_open, give_back_place, take_place
from branches.services.plan import activate_slot, create_slot, deactivate_slot, update_slot
from branches.services.shops import (
    BranchData,
    activate_branch,
    create_branch,
    deactivate_branch,
    update_branch,
)

__all__ = [
    "BranchData",
    "activate_branch",
    "activate_slot",
    "add_closure",
    "check_open",
    "create_branch",
    "create_slot",
    "deactivate_branch",
    "deactivate_slot",
    "give_back_place",
    "lock_dated_slot",
    "remove_closure",
    "set_dated_capacity",
    "take_place",
    "update_branch",
    "update_slot",
]

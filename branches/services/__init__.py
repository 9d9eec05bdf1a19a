"""Taking places in delivery windows, and looking after branches and the weekly plan."""

from branches.locks import lock_dated_slot
from branches.services.areas import create_area, delete_area, update_area
from branches.services.calendar import add_closure, remove_closure, set_dated_capacity
from branches.services.holds import forget_holds, hold_place, pass_hold, release_holds
from branches.services.line import WHEN_FREED, free_for_line, keep_line_until
from branches.services.localities import import_localities
from branches.services.places import (
    check_open,
    check_open_for_staff,
    release_place,
    take_place,
    take_place_for_staff,
)
from branches.services.plan import activate_slot, create_slot, deactivate_slot, update_slot
from branches.services.rests import (
    DayData,
    remove_calendar_day,
    set_calendar_day,
    update_calendar,
)
from branches.services.shops import (
    BranchData,
    create_branch,
    deactivate_branch,
    update_branch,
)

__all__ = [
    "WHEN_FREED",
    "BranchData",
    "DayData",
    "activate_slot",
    "add_closure",
    "check_open",
    "check_open_for_staff",
    "create_area",
    "create_branch",
    "create_slot",
    "deactivate_branch",
    "deactivate_slot",
    "delete_area",
    "forget_holds",
    "free_for_line",
    "hold_place",
    "import_localities",
    "keep_line_until",
    "lock_dated_slot",
    "pass_hold",
    "release_holds",
    "release_place",
    "remove_calendar_day",
    "remove_closure",
    "set_calendar_day",
    "set_dated_capacity",
    "take_place",
    "take_place_for_staff",
    "update_area",
    "update_branch",
    "update_calendar",
    "update_slot",
]

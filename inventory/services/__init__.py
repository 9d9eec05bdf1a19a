"""Every way a balance of stock may change. Each change is locked, and stands in the ledger.

`promises` is what checkouts and pickers do, in their own transactions; `counting` what people who
look after the shelves do, one by one; `imports` does it for a whole file, `transfers` between
branches.
"""

from inventory.locks import lock_stocks
from inventory.services.corrections import settle_corrections
from inventory.services.counting import (
    add_on_hand,
    open_rows,
    set_for,
    set_on_hand,
)
from inventory.services.crossings import take_crossings
from inventory.services.imports import (
    apply_counts,
    check_counts,
    choose_mode,
    give_up,
    upload_counts,
)
from inventory.services.promises import pick, put_back, release, reserve, take_return, unpick
from inventory.services.transfers import transfer

__all__ = [
    "add_on_hand",
    "apply_counts",
    "check_counts",
    "choose_mode",
    "give_up",
    "lock_stocks",
    "open_rows",
    "pick",
    "put_back",
    "release",
    "reserve",
    "set_for",
    "set_on_hand",
    "settle_corrections",
    "take_crossings",
    "take_return",
    "transfer",
    "unpick",
    "upload_counts",
]

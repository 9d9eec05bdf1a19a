"""Every way a balance of stock may change. Each change is locked, and stands in the ledger.

`promises` is what checkouts and pickers do, in their own transactions; `counting` what people who
look after the shelves do.
"""

from inventory.locks import lock_stocks
from inventory.services.counting import add_on_hand, open_rows, set_for, set_on_hand
from inventory.services.promises import pick, put_back, release, reserve, unpick

__all__ = [
    "add_on_hand",
    "lock_stocks",
    "open_rows",
    "pick",
    "put_back",
    "release",
    "reserve",
    "set_for",
    "set_on_hand",
    "unpick",
]

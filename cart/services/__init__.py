"""Everything that changes a basket."""

from cart.services.holds import hold_slot, release_hold
from cart.services.life import Merged, abandon_stale, check_out, forget_holds, merge_guest
from cart.services.lines import (
    add_item,
    add_many,
    clear,
    open_cart,
    remove_item,
    set_quantity,
    set_substitution,
)

__all__ = [
    "Merged", "abandon_stale", "add_item", "add_many", "check_out", "clear", "forget_holds", "hold_slot",
    "merge_guest", "open_cart", "release_hold", "remove_item", "set_quantity", "set_substitution",
]  # fmt: skip

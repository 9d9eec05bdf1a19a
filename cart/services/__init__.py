"""Everything that changes a basket."""

from cart.services.apart import check_out_apart, fill_apart
from cart.services.holds import hold_slot, release_hold
from cart.services.joining import Merged, merge_guest, undo_merge
from cart.services.lifecycle import abandon_stale, check_out
from cart.services.lines import (
    add_item,
    add_many,
    clear,
    open_cart,
    remove_item,
    set_quantity,
    set_substitution,
    valid_note,
)
from cart.services.not_added import NotAdded

__all__ = [
    "Merged", "NotAdded", "abandon_stale", "add_item", "add_many", "check_out", "check_out_apart", "clear", "fill_apart", "hold_slot",
    "merge_guest", "open_cart", "release_hold", "remove_item", "set_quantity", "set_substitution",
    "undo_merge", "valid_note",
]  # fmt: skip

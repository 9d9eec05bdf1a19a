"""Everything that changes a list."""

from lists.services.buying import LeftOut, ListBought, add_list_to_cart
from lists.services.keeping import (
    MOST_LISTS,
    create_list,
    delete_list,
    put_favourite,
    rename_list,
    take_favourite,
)
from lists.services.lines import (
    MOST_ITEMS,
    change_item,
    put_many,
    put_on_list,
    save_for_later,
    take_off,
)
from lists.services.sharing import (
    MOST_MEMBERS,
    Invitation,
    invitation,
    join_list,
    link_of,
    remove_member,
    share_list,
    stop_sharing,
)

__all__ = [
    "MOST_ITEMS",
    "MOST_LISTS",
    "MOST_MEMBERS",
    "Invitation",
    "LeftOut",
    "ListBought",
    "add_list_to_cart",
    "change_item",
    "create_list",
    "delete_list",
    "invitation",
    "join_list",
    "link_of",
    "put_favourite",
    "put_many",
    "put_on_list",
    "remove_member",
    "rename_list",
    "save_for_later",
    "share_list",
    "stop_sharing",
    "take_favourite",
    "take_off",
]

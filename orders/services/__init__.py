"""What may happen to an order, from placement to the door."""

from orders.services.canceling import cancel
from orders.services.delivering import deliver
from orders.services.handing import hand_back, take_over
from orders.services.moving import change_status, claim, finish_picking
from orders.services.picking import pick_item, pick_within
from orders.services.placing import place
from orders.services.refunding import refund
from orders.services.reordering import reorder
from orders.services.substituting import substitute, substitute_within

__all__ = [
    "cancel",
    "change_status",
    "claim",
    "deliver",
    "finish_picking",
    "hand_back",
    "pick_item",
    "pick_within",
    "place",
    "refund",
    "reorder",
    "substitute",
    "substitute_within",
    "take_over",
]

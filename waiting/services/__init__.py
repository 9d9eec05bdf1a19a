"""Everything that changes a line: getting in, getting out, offering, taking."""

from waiting.services.accepting import accept
from waiting.services.joining import (
    MOST_ENTRIES,
    leave,
    wait_for_product,
    wait_for_window,
)
from waiting.services.offers import offer_all, offer_places
from waiting.services.waves import tell_wave, tell_waves

__all__ = [
    "MOST_ENTRIES",
    "accept",
    "leave",
    "offer_all",
    "offer_places",
    "tell_wave",
    "tell_waves",
    "wait_for_product",
    "wait_for_window",
]

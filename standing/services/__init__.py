"""Everything that changes standing orders and their dates."""

from standing.services.dates import (
    OccurrenceChange,
    accept_prices,
    change_occurrence,
    make_draft,
    restore_occurrence,
    skip_occurrence,
)
from standing.services.keeping import (
    MOST_STANDING,
    StandingData,
    create_standing,
    end_standing,
    pause_standing,
    resume_standing,
    update_standing,
)
from standing.services.placing import place_due, place_now, settle_stranded
from standing.services.planning import plan_all, plan_standing
from standing.services.sources import ItemData, items_from, usual_rule

__all__ = [
    "MOST_STANDING",
    "ItemData",
    "OccurrenceChange",
    "StandingData",
    "accept_prices",
    "change_occurrence",
    "create_standing",
    "end_standing",
    "items_from",
    "make_draft",
    "pause_standing",
    "place_due",
    "place_now",
    "plan_all",
    "plan_standing",
    "restore_occurrence",
    "resume_standing",
    "settle_stranded",
    "skip_occurrence",
    "update_standing",
    "usual_rule",
]

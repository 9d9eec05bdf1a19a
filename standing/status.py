"""What a date of a standing order can be, and what is open of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    PLANNED = "PLANNED", _("planned")
    DRAFT = "DRAFT", _("put together")
    ASKED = "ASKED", _("waits for your word on its prices")
    PLACING = "PLACING", _("being ordered")
    PLACED = "PLACED", _("ordered")
    SKIPPED = "SKIPPED", _("skipped")
    EMPTY = "EMPTY", _("nothing was left of it")
    NOT_PLACED = "NOT_PLACED", _("not ordered")


class Moved(models.TextChoices):
    HOLIDAY = "HOLIDAY", _("moved: we are closed that day")
    CUSTOMER = "CUSTOMER", _("moved by you")


OPEN = frozenset({State.PLANNED, State.DRAFT, State.ASKED})
"""Nothing was decided about it yet."""
DRAFTED = frozenset({State.DRAFT, State.ASKED})
FAILED = frozenset({State.NOT_PLACED, State.EMPTY})
SETTLED = frozenset({State.PLACED, State.SKIPPED, *FAILED})
PAUSED, CLOSED, BY_CUSTOMER = "PAUSED", "CLOSED", ""
"""Why a date is skipped: the standing order pauses, we are closed, or its customer said so."""

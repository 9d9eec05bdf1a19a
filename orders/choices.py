"""Why an order did not come to its customer."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DelayReason(models.TextChoices):
    """Why an order was not delivered."""

    NOT_HOME = "NOT_HOME", _("nobody was at home")
    REFUSED = "REFUSED", _("not taken")
    ADDRESS_WRONG = "ADDRESS_WRONG", _("the address was wrong")
    NO_ID = "NO_ID", _("no identity card")
    DAMAGED = "DAMAGED", _("damaged on the way")
    OTHER = "OTHER", _("something else")

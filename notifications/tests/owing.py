"""Messages owed in tests, with made-up texts behind every event."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from django.db import transaction

from accounts.models import User
from core.clock import SHOP_TZ
from notifications import services
from notifications.models import Message
from orders.made_up_order import sample_context

_number = itertools.count(1)
NOON = dt.datetime(2026, 12, 8, 12, tzinfo=SHOP_TZ)
NIGHT = dt.datetime(2026, 12, 8, 22, 40, tzinfo=SHOP_TZ)
MORNING = dt.datetime(2026, 12, 9, 7, tzinfo=SHOP_TZ)


def told(**keys: Any) -> dict[str, Any]:
    """Stands where an upper app's function stands."""
    return sample_context(event=str(keys.get("event", "order_delivered")))


def owe(user: User, kind: str) -> str:
    key = f"{kind}:{next(_number)}"
    with transaction.atomic():
        services.queue(user_id=user.pk, kind=kind, context={"event": kind}, dedupe_key=key)
    return key


def rows(key: str) -> dict[str, str]:
    return dict(Message.objects.filter(dedupe_key=key).values_list("channel", "state"))

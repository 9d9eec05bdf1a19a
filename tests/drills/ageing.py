"""Days pass for some orders of a drill, so that the worker holds and renews their money at once."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading

EVERY = 2.0
"""Seconds between two looks."""
MOST = 3
"""Holds that near their end at once: the worker renews one after the other."""
NEAR, FAR = dt.timedelta(hours=1), dt.timedelta(hours=100)


def days_pass(stop: threading.Event) -> None:
    """Until `stop`: what is to be held later is due, and some holds near their end."""
    while not stop.wait(EVERY):
        grow_old()


def grow_old() -> bool:
    """One day of it; False where the database was not there."""
    from django.db import Error, connection

    try:
        _grow_old()
    except Error:
        return False
    finally:
        with contextlib.suppress(Error):
            connection.close()
    return True


def _grow_old() -> None:
    from django.apps import apps

    from core import clock
    from orders.models import Order

    payments, now = apps.get_model("payments", "Payment").objects, clock.now()
    payments.filter(state="SCHEDULED", authorize_at__gt=now).update(authorize_at=now)
    renewable = Order.objects.filter(
        status="CREATED",
        is_being_changed=False,
        payment__state="AUTHORIZED",
        payment__payment_token__isnull=False,
        payment__hold_expires_at__gt=now + FAR,
        due_at__lt=now + FAR,
    )
    waiting = payments.filter(state="AUTHORIZED", hold_expires_at__lte=now + NEAR).count()
    if waiting < MOST and (newest := renewable.order_by("-pk").first()):
        payments.filter(pk=newest.payment_id, state="AUTHORIZED").update(hold_expires_at=now + NEAR)

"""The code that proves a phone, which only an SMS can carry."""

from __future__ import annotations

import datetime as dt

from django.template.loader import render_to_string
from django.utils import translation

from accounts.selectors import open_phone_code
from accounts.services.phone import code_of
from core import metrics
from notifications.errors import MailNotSent
from notifications.events import SMS
from notifications.sms import gateway
from notifications.sms.port import Sms, SmsNotSent, SmsRefused


def send_phone_code(*, code_id: int, now: dt.datetime) -> bool:
    """Send it, unless it is good no more; whether the gateway took it. Raises MailNotSent."""
    row = open_phone_code(code_id=code_id, now=now)
    if row is None:
        return False
    with translation.override(row.user.language):
        text = render_to_string("notifications/phone_code.sms.txt", {"code": code_of(row=row)})
    try:
        with metrics.handed_over(SMS, final=(SmsRefused,)):
            gateway().send(
                Sms(key=f"phone_code:{row.pk}", to=row.phone, text=" ".join(text.split()))
            )
    except SmsRefused:
        return False
    except SmsNotSent as failure:
        raise MailNotSent(str(failure)) from None
    return True

"""Twilio's Messages resource, by its HTTP interface: three fields do not need a library."""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.conf import settings
from django.utils.crypto import constant_time_compare

from notifications.sms.http import asked
from notifications.sms.port import Callback, Gateway, Receipt, Sms

FAILED = frozenset({"failed", "undelivered"})


class TwilioGateway(Gateway):
    """Form POST with Basic auth; callbacks checked by `X-Twilio-Signature`."""

    def send(self, sms: Sms) -> str:
        sid = settings.SMS_ACCOUNT
        answer = asked(
            f"{settings.SMS_URL.rstrip('/')}/2010-04-01/Accounts/{sid}/Messages.json",
            data={
                "To": sms.to,
                "From": settings.SMS_FROM,
                "Body": sms.text,
                "StatusCallback": f"{settings.SITE_URL}/webhooks/sms/twilio/",
            },
            auth=(sid, settings.SMS_TOKEN),
            headers={"Idempotency-Key": sms.key},
        )
        return str(answer.get("sid") or sms.key)[:100]

    def receipt(self, callback: Callback) -> Receipt | None:
        text = callback.url + "".join(
            f"{name}{callback.form[name]}" for name in sorted(callback.form)
        )
        # Twilio signs with SHA-1: the only way to know its callbacks.
        digest = hmac.new(settings.SMS_TOKEN.encode(), text.encode(), hashlib.sha1).digest()
        wanted = base64.b64encode(digest).decode()
        given = callback.headers.get("x-twilio-signature", "")
        if not settings.SMS_TOKEN or not constant_time_compare(given, wanted):
            raise PermissionError
        sid, status = callback.form.get("MessageSid", ""), callback.form.get("MessageStatus", "")
        if not sid:
            return None
        return Receipt(
            reference=sid,
            delivered=status == "delivered",
            failed=status in FAILED,
            failure=status[:60] if status in FAILED else "",
        )

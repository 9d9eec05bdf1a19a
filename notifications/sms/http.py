"""A plain HTTP gateway: JSON in, JSON out, callbacks signed by a shared secret."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import requests
from django.conf import settings
from django.utils.crypto import constant_time_compare

from notifications.sms.port import Callback, Gateway, Receipt, Sms, SmsNotSent, SmsRefused

SIGNATURE = "x-signature"
FAILED = frozenset({"failed", "undelivered", "rejected"})


class HttpGateway(Gateway):
    """POST `{id, to, from, text}` with a bearer token and `Idempotency-Key`."""

    def send(self, sms: Sms) -> str:
        answer = asked(
            settings.SMS_URL,
            json={"id": sms.key, "to": sms.to, "from": settings.SMS_FROM, "text": sms.text},
            headers={
                "Authorization": f"Bearer {settings.SMS_TOKEN}",
                "Idempotency-Key": sms.key,
            },
        )
        return str(answer.get("id") or sms.key)[:100]

    def receipt(self, callback: Callback) -> Receipt | None:
        wanted = hmac.new(settings.SMS_SECRET.encode(), callback.body, hashlib.sha256).hexdigest()
        given = callback.headers.get(SIGNATURE, "")
        if not settings.SMS_SECRET or not constant_time_compare(given, wanted):
            raise PermissionError
        try:
            body = json.loads(callback.body)
        except ValueError:
            return None
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            return None
        status = str(body.get("status", ""))
        return Receipt(
            reference=body["id"],
            delivered=status == "delivered",
            failed=status in FAILED,
            failure=status[:60] if status in FAILED else "",
        )


def asked(url: str, **request: Any) -> dict[str, Any]:
    """The gateway's JSON answer. Raises SmsRefused for a 4xx, SmsNotSent for anything else."""
    try:
        answer = requests.post(url, timeout=settings.SMS_TIMEOUT, allow_redirects=False, **request)
    except requests.RequestException as failure:
        # Only the class: what a client library says may repeat the address.
        raise SmsNotSent(type(failure).__name__) from None
    if answer.status_code == 429:
        wait = answer.headers.get("Retry-After", "")
        raise SmsNotSent("429", retry_after=int(wait) if wait.isascii() and wait.isdigit() else 0)
    if 400 <= answer.status_code < 500 and answer.status_code not in (401, 403, 408):
        raise SmsRefused(str(answer.status_code))
    if not 200 <= answer.status_code < 300:  # nobody is followed elsewhere with a token
        raise SmsNotSent(str(answer.status_code))
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}

"""The way to a phone: one port, and an adapter for each kind of gateway."""

from __future__ import annotations

from django.conf import settings

from notifications.sms.file import FileGateway
from notifications.sms.http import HttpGateway
from notifications.sms.port import Gateway
from notifications.sms.twilio import TwilioGateway

ADAPTERS: dict[str, type[Gateway]] = {
    "file": FileGateway,
    "http": HttpGateway,
    "twilio": TwilioGateway,
}


def gateway(name: str = "") -> Gateway:
    """The gateway called `name`, or the one that is set. Raises KeyError for an unknown one."""
    return ADAPTERS[name or settings.SMS_GATEWAY]()

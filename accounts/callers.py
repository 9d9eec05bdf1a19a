"""Where somebody calls from: network address, device, kind of browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpRequest

from core.cookies import cookie_name
from core.limits import client_address, home_of

DEVICE_COOKIE = "mami_device"
DEVICE_HEADER = "X-Device-Token"

_BROWSERS = (
    ("Edge", r"\bEdgA?/|\bEdgiOS/"), ("Opera", r"\bOPR/"), ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"), ("Chrome", r"\bChrome/|\bCriOS/|\bChromium/"),
    ("Safari", r"\bSafari/"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", r"\bAndroid\b"), ("iPhone", r"\biPhone\b"), ("iPad", r"\biPad\b"),
    ("Windows", r"\bWindows\b"), ("macOS", r"\bMac OS X\b|\bMacintosh\b"), ("Linux", r"\bLinux\b"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What a request says of its sender. Empty parts are unknown."""

    address: str = ""
    device: str = ""
    family: str = ""

    @property
    def place(self) -> str:
        """The address as far as it names a home."""
        return home_of(self.address)


UNKNOWN = Caller()


def caller_of(request: HttpRequest) -> Caller:
    """The sender of this request; the header of apps wins over the cookie of browsers."""
    return Caller(
        address=client_address(request),
        device=request.headers.get(DEVICE_HEADER)
        or request.COOKIES.get(cookie_name(DEVICE_COOKIE), ""),
        family=family_of(request.headers.get("User-Agent", "")),
    )


def family_of(agent: str) -> str:
    """`Chrome on Android`; what is in neither table is left out. The header itself is not kept."""
    parts = [
        next((name for name, pattern in table if re.search(pattern, agent)), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return " on ".join(part for part in parts if part)

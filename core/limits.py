"""Limits on how often something may be tried, counted right across all workers.

Not django-ratelimit: it cannot give an attempt back, nor say how long to wait.

The window opens with the first attempt and lasts `seconds`. Counters live in the cache, whose
`add` and `incr` are atomic.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache, caches
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.cache import PostgresCache
from core.errors import DomainError


class RateLimited(DomainError):
    """Tried too often; `details.retry_after` is the number of seconds to wait."""

    code = "RATE_LIMITED"
    status = 429
    message = _("That was tried too often. Please wait a little and try again.")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `count` attempts by one subject within `seconds`."""

    name: str
    count: int
    seconds: int

    def hit(self, subject: str | int) -> None:
        """Count one attempt. Raises RateLimited when it is one too many."""
        hit_all((self, subject))

    def check(self, subject: str | int) -> None:
        """Raise RateLimited when the subject has no attempt left; counts nothing."""
        key = self._key(subject)
        if (cache.get(key) or 0) >= self.count:
            raise RateLimited(retry_after=self._wait(key))

    def forget(self, subject: str | int) -> None:
        """Start afresh for the subject, as after a successful attempt."""
        cache.delete(self._key(subject))

    def uncount(self, subject: str | int) -> None:
        """Uncount one attempt that turned out not to be one."""
        with contextlib.suppress(ValueError):  # its window closed: nothing is counted any more
            cache.decr(self._key(subject))

    def spent_elsewhere(self) -> int:
        """How many subjects have no attempt left, of those whose attempts are not counted in our
        own database. Raises TimeoutError when that takes too long to find out.
        """
        kept = caches["default"]
        if not isinstance(kept, PostgresCache):
            return 0
        return kept.reached_elsewhere(self._beginning, self.count)

    @property
    def _beginning(self) -> str:
        return f"limit:{self.name}:"

    def _increment(self, key: str) -> int:
        for _attempt in range(3):
            try:
                return int(cache.incr(key))
            except ValueError:  # no window is open
                if cache.add(key, 1, timeout=self.seconds):
                    cache.set(f"{key}:until", int(time.time()) + self.seconds, self.seconds)
                    return 1
        return 1

    def _wait(self, key: str) -> int:
        own = caches["default"]
        if isinstance(own, PostgresCache):
            until = own.expires_at(key)
        else:
            until = cache.get(f"{key}:until") or 0
        return max(1, min(self.seconds, int(until - time.time()) + 1))

    def _key(self, subject: str | int) -> str:
        """No e-mail address or network address lies readable in the cache."""
        digest = hashlib.blake2b(
            str(subject).casefold().encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=16
        )
        return f"{self._beginning}{digest.hexdigest()}"


class AddressLimit(Limit):
    """One whose subjects are network addresses, as far as each names a home."""

    def _key(self, subject: str | int) -> str:
        return super()._key(home_of(str(subject)))


def home_of(address: str) -> str:
    """The address as far as it names a home: of IPv6 its /64, all of which one line has for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def hit_all(*counted: tuple[Limit, str | int]) -> None:
    """Count one attempt under several limits at once, in our own cache with one statement.

    Raises RateLimited when it is one too many for any of them; it counts under all of them.
    """
    keys = {limit._key(subject): limit for limit, subject in counted}
    own = caches["default"]
    if isinstance(own, PostgresCache):
        numbers = own.tally({key: limit.seconds for key, limit in keys.items()})
    else:
        numbers = {key: limit._increment(key) for key, limit in keys.items()}
    over = [key for key, limit in keys.items() if numbers[key] > limit.count]
    if over:
        raise RateLimited(retry_after=max(keys[key]._wait(key) for key in over))


LOGIN_PER_STRANGERS = Limit(name="login-strangers", count=10, seconds=900)
LOGIN_PER_DEVICE = Limit(name="login-device", count=10, seconds=900)
LOGIN_PER_PLACE = Limit(name="login-place", count=10, seconds=900)
LOGIN_PER_ADDRESS = AddressLimit(name="login-address", count=100, seconds=900)
GUARDED_MAIL_PER_ACCOUNT = Limit(name="guarded-mail", count=1, seconds=86_400)
PASSWORD_CHANGE_PER_USER = Limit(name="password-change-user", count=10, seconds=900)
REGISTER_PER_ADDRESS = AddressLimit(name="register-address", count=30, seconds=3600)
TAKEN_PER_ADDRESS = AddressLimit(name="taken-address", count=10, seconds=3600)
RESET_PER_ADDRESS = AddressLimit(name="reset-address", count=30, seconds=3600)
REFRESH_PER_ADDRESS = AddressLimit(name="refresh-address", count=300, seconds=900)
REFRESH_PER_FAMILY = Limit(name="refresh-family", count=30, seconds=60)
CODES_OF_STRANGERS = Limit(name="code-strangers", count=10, seconds=900)
CODES_PER_DEVICE = Limit(name="code-device", count=10, seconds=900)
CODES_PER_PLACE = Limit(name="code-place", count=10, seconds=900)
SECOND_FACTOR_PER_USER = Limit(name="second-factor-user", count=10, seconds=900)
SECOND_FACTOR_PER_ADDRESS = AddressLimit(name="second-factor-address", count=60, seconds=900)
FORGOT_PER_ACCOUNT = Limit(name="forgot-account", count=5, seconds=3600)
FORGOT_PER_ADDRESS = AddressLimit(name="forgot-address", count=30, seconds=3600)
CONFIRM_PER_USER = Limit(name="confirm-user", count=20, seconds=60)
# Many shoppers come through one gateway of a mobile network.
CONFIRM_PER_ADDRESS = AddressLimit(name="confirm-address", count=120, seconds=60)
VERIFY_MAIL_PER_USER = Limit(name="verify-mail-user", count=5, seconds=3600)
PHONE_CODE_PER_USER = Limit(name="phone-code-user", count=3, seconds=3600)
EXPORT_PER_USER = Limit(name="export-user", count=3, seconds=86_400)
CUSTOMER_SEARCH = Limit(name="customer-search", count=30, seconds=60)
PICKUP_CODES = Limit(name="pickup-codes", count=5, seconds=600)
UNKNOWN_NUMBERS = Limit(name="unknown-numbers", count=30, seconds=60)


def count_unknown_number(request: HttpRequest) -> None:
    """Somebody asked for an order number they have not: 30 a minute for a person or an address.

    Raises RateLimited.
    """
    if request.user.is_authenticated:
        UNKNOWN_NUMBERS.hit(f"person {request.user.pk}")
    UNKNOWN_NUMBERS.hit(f"address {home_of(client_address(request))}")


def client_address(request: HttpRequest) -> str:
    """The caller's network address; `X-Forwarded-For` counts only as far as proxies are trusted.

    Read from the right, because a caller may write anything on the left.
    """
    address = request.META.get("REMOTE_ADDR") or ""
    if not _trusted(address):
        return address
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if hop := hop.strip():
            if not _is_address(hop):
                return address
            address = hop
            if not _trusted(hop):
                return hop
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _trusted(address: str) -> bool:
    """Whether `address` lies in TRUSTED_PROXIES; a unix socket has none and is named `unix`."""
    if not address:
        return "unix" in settings.TRUSTED_PROXIES
    if not _is_address(address):
        return False
    found = ipaddress.ip_address(address)
    return any(
        found in ipaddress.ip_network(network, strict=False)
        for network in settings.TRUSTED_PROXIES
        if network != "unix"
    )

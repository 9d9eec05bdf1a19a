"""What a safe start needs: one sentence for each thing that is not as it must be.

Production is `DEBUG` off and `MAMI_DEMO` off. Web server and worker refuse to start, before a port is
opened; `manage.py check --deploy` says the same. It reads the environment only: no Django, no app.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from runtime.environment import in_parts

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 12
SHORTEST_JWT_SECRET = 32  # RFC 7518 §3.2: HS256 needs a key of 256 bits
SHORTEST_METRICS_TOKEN = 24
UNTOUCHED = ("changeme", "secretkey", "example")  # written with or without a hyphen
PROVIDERS, GATEWAYS = ("sandbox", "stripe"), ("file", "http", "twilio")
TO_NOBODY = ("mail_files", "filebased", "console", "locmem", "dummy")

Values = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A reason not to start: `variable` and what about it. Demonstrations too mind `in_demo`."""

    number: int
    variable: str
    what: str
    in_demo: bool = False
    rehearsable: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.variable} {self.what}"


def refuse(values: Values = os.environ) -> None:
    """End the process with exit 2 and a line for each fault, where there is one."""
    found = faults(values)
    for fault in found:
        print(f"mami: {fault.sentence}", file=sys.stderr)
    if found:
        raise SystemExit(2)


def faults(values: Values) -> list[Fault]:
    """What stands in the way of a start with these variables."""
    return [
        fault
        for fault in _all(values)
        if (fault.in_demo or is_production(values))
        and not (fault.rehearsable and is_rehearsal(values))
    ]


def rehearsed(values: Values) -> list[Fault]:
    """What is let pass because nothing here is real."""
    if not (is_production(values) and is_rehearsal(values)):
        return []
    return [fault for fault in _all(values) if fault.rehearsable]


def is_production(values: Values) -> bool:
    return not _on(values, "DEBUG") and not _on(values, "MAMI_DEMO")


def is_rehearsal(values: Values) -> bool:
    return _on(values, "MAMI_REHEARSAL")


def database_is_exposed(values: Values, variable: str = "DATABASE_URL") -> bool:
    """Whether the database is reached over a network without encryption that is insisted on."""
    address = in_parts(values.get(variable, ""))
    options = parse_qs(address.query)
    host = options.get("host", [address.hostname or ""])[0]
    if not host or host.startswith("/") or all(_is_loopback(part) for part in host.split(",")):
        return False
    return options.get("sslmode", [""])[0] not in {"require", "verify-ca", "verify-full"}


def spoken_to_in_clear(values: Values) -> list[str]:
    """Variables that name a server across a network to which nothing is said encrypted."""
    found = [name for name in ("REPLICA_URL",) if database_is_exposed(values, name)]
    for name, plain in {
        "REDIS_URL": "redis",
        "SEARCH_OPENSEARCH_URL": "http",
        "S3_ENDPOINT": "http",
    }.items():
        address = in_parts(values.get(name, ""))
        if address.scheme == plain and not _is_loopback(address.hostname or "localhost"):
            found.append(name)
    return found


def _all(values: Values) -> list[Fault]:
    return [fault for check in CHECKS for fault in check(values)]


def _secret_key(values: Values) -> Iterator[Fault]:
    def fault(what: str, variable: str = "SECRET_KEY") -> Fault:
        return Fault(number=101, variable=variable, what=what)

    key = values.get("SECRET_KEY", "")
    if not key:
        if not _on(values, "MAMI_EMBEDDED"):
            yield fault("is not set; put a long random value into the environment or .env.")
    elif len(key) < SHORTEST_KEY:
        yield fault(f"has fewer than {SHORTEST_KEY} characters; make a long random one.")
    elif len(set(key)) < FEWEST_CHARACTERS:
        yield fault(f"has fewer than {FEWEST_CHARACTERS} different characters; make a random one.")
    elif key.startswith("django-insecure-") or any(word in _plain(key) for word in UNTOUCHED):
        yield fault("is one that stands in examples; make a random one.")
    for former in _list(values, "SECRET_KEY_FALLBACKS"):
        if len(former) < SHORTEST_KEY:
            yield fault(
                f"holds a key with fewer than {SHORTEST_KEY} characters; drop it.",
                "SECRET_KEY_FALLBACKS",
            )


def _jwt_keys(values: Values) -> Iterator[Fault]:
    seen: set[str] = set()
    for part in _list(values, "JWT_KEYS"):
        name, colon, secret = part.partition(":")
        what = ""
        if not colon:
            what = "holds a part that is not id:secret."
        elif not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", name):
            what = "holds an id that is not 1 to 32 of A-Z a-z 0-9 . _ -"
        elif name in seen:
            what = f"names the id {name} twice."
        elif len(secret) < SHORTEST_JWT_SECRET:
            what = f"has a secret of fewer than {SHORTEST_JWT_SECRET} characters (id {name})."
        elif secret == values.get("SECRET_KEY"):
            what = f"has the SECRET_KEY as a secret (id {name}); make another one."
        seen.add(name)
        if what:
            yield Fault(number=102, variable="JWT_KEYS", what=what, in_demo=True)


def _hosts(values: Values) -> Iterator[Fault]:
    hosts = _list(values, "ALLOWED_HOSTS")
    if not hosts:
        yield Fault(
            number=103, variable="ALLOWED_HOSTS", what="is not set; name the shop's host names."
        )
    elif "*" in hosts:
        yield Fault(
            number=103, variable="ALLOWED_HOSTS", what="holds *; name the shop's host names."
        )


def _database(values: Values) -> Iterator[Fault]:
    if not values.get("DATABASE_URL") and not _on(values, "MAMI_EMBEDDED"):
        yield Fault(
            number=104,
            variable="DATABASE_URL",
            what="is not set; name the database, or set MAMI_EMBEDDED=1 for the embedded one.",
        )


def _https(values: Values) -> Iterator[Fault]:
    if not _on(values, "MAMI_HTTPS"):
        yield Fault(
            number=105,
            variable="MAMI_HTTPS",
            what="is not 1; a shop on the open internet is served over https only.",
            rehearsable=True,
        )
    address = in_parts(values.get("SITE_URL", ""))
    hosts, what = _list(values, "ALLOWED_HOSTS"), ""
    if address.scheme != "https" or not address.hostname:
        what = "is not an https:// address; links in mails begin with it."
    elif hosts and "*" not in hosts and not _is_allowed(address.hostname, hosts):
        what = "names a host that is not one of ALLOWED_HOSTS."
    if what:
        yield Fault(number=106, variable="SITE_URL", what=what, rehearsable=True)


def _payments(values: Values) -> Iterator[Fault]:
    key = values.get("STRIPE_SECRET_KEY", "")
    provider = values.get("PAYMENT_PROVIDER") or ("stripe" if key else "sandbox")
    what = ""
    if provider == "sandbox":
        what = "is sandbox; a shop that takes test cards gives food away."
    elif provider == "stripe" and key.strip().startswith(("sk_test_", "rk_test_")):
        what = "is stripe with a test key; set the live STRIPE_SECRET_KEY."
    elif provider == "stripe" and not values.get("STRIPE_WEBHOOK_SECRET"):
        what = "is stripe without STRIPE_WEBHOOK_SECRET; Stripe's messages could not be believed."
    if what:
        yield Fault(number=107, variable="PAYMENT_PROVIDER", what=what, rehearsable=True)


def _adapters(values: Values) -> Iterator[Fault]:
    """Who is asked under a name that nobody has, or without a key, is found out by the first customer."""
    for variable, known in (("PAYMENT_PROVIDER", PROVIDERS), ("SMS_GATEWAY", GATEWAYS)):
        if values.get(variable) and values[variable] not in known:
            what = f"is none of {', '.join(known)}."
            yield Fault(number=117, variable=variable, what=what)
    if values.get("PAYMENT_PROVIDER") == "stripe" and not values.get("STRIPE_SECRET_KEY"):
        what = "is stripe without STRIPE_SECRET_KEY; no card could be charged."
        yield Fault(number=117, variable="PAYMENT_PROVIDER", what=what)


def _messages(values: Values) -> Iterator[Fault]:
    backend = values.get("EMAIL_BACKEND") or "core.mail_files.EmailBackend"
    if any(f".{kind}." in backend for kind in TO_NOBODY):
        yield Fault(
            number=108,
            variable="EMAIL_BACKEND",
            what="sends mail to nobody; set django.core.mail.backends.smtp.EmailBackend.",
            rehearsable=True,
        )
    if (values.get("SMS_GATEWAY") or "file") == "file":
        yield Fault(
            number=109,
            variable="SMS_GATEWAY",
            what="is file; text messages would reach nobody: set twilio or http.",
            rehearsable=True,
        )


def _faults_armed(values: Values) -> Iterator[Fault]:
    for name in ("MAMI_FAULTS", "MAMI_FAULT", "MAMI_FAULT_FILE"):
        if _on(values, name) if name == "MAMI_FAULTS" else values.get(name):
            yield Fault(
                number=110,
                variable=name,
                what="lets failures be armed; that is for drills only.",
                rehearsable=True,
            )


def _callers(values: Values) -> Iterator[Fault]:
    if any("*" in origin for origin in _list(values, "CORS_ALLOWED_ORIGINS")):
        yield Fault(
            number=111,
            variable="CORS_ALLOWED_ORIGINS",
            what="holds a wildcard; name the origins of your clients.",
        )
    if any(len(token) < SHORTEST_METRICS_TOKEN for token in _list(values, "MAMI_METRICS_TOKEN")):
        yield Fault(
            number=112,
            variable="MAMI_METRICS_TOKEN",
            what=f"has fewer than {SHORTEST_METRICS_TOKEN} characters; make a long random one.",
        )


def _proxies(values: Values) -> Iterator[Fault]:
    """What is no address would be believed by nobody, and each request that asks would fail."""
    for proxy in _list(values, "TRUSTED_PROXIES"):
        if proxy != "unix" and not _is_network(proxy):
            yield Fault(
                number=118,
                variable="TRUSTED_PROXIES",
                what="holds what is neither an address, a network such as 10.0.0.0/8, nor `unix`.",
                in_demo=True,
            )


def _debugging(values: Values) -> Iterator[Fault]:
    host = values.get("MAMI_HOST") or "127.0.0.1"
    if _on(values, "DEBUG") and not _is_loopback(host):
        yield Fault(
            number=113,
            variable="DEBUG",
            what=f"is 1 while the shop listens on {host}; its error pages show secrets to others.",
            in_demo=True,
        )


CHECKS: tuple[Callable[[Values], Iterator[Fault]], ...] = (
    _secret_key, _jwt_keys, _hosts, _database, _https, _payments, _adapters, _messages, _faults_armed,
    _callers, _proxies, _debugging,
)  # fmt: skip


def _on(values: Values, name: str) -> bool:
    return values.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _list(values: Values, name: str) -> list[str]:
    return [part.strip() for part in values.get(name, "").split(",") if part.strip()]


def _plain(key: str) -> str:
    return re.sub(r"[\s_-]", "", key.lower())


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_allowed(host: str, hosts: list[str]) -> bool:
    return any(
        host == allowed.strip("[]") or (allowed.startswith(".") and f".{host}".endswith(allowed))
        for allowed in hosts
    )

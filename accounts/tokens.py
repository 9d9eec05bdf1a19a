"""The tokens of the JSON API: how they are signed and read. Who holds them is in the services.

HS256 with a key id in the header. `JWT_KEYS` lists `id:secret` pairs: the first signs, all are
accepted, so a key is rotated by putting a new one in front and dropping the old one later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import jwt
from django.conf import settings

from core import clock
from core.errors import TokenExpired, TokenInvalid

ALGORITHM = "HS256"
LEEWAY = dt.timedelta(seconds=30)
Kind = Literal["access", "refresh"]
_NONE_OF_OURS = (
    jwt.InvalidTokenError, KeyError, TypeError, ValueError, AttributeError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a genuine token says. Whether it still counts is for the database to say."""

    user_id: int
    version: int
    jti: uuid.UUID
    sign_in_id: int | None = None


def encode(
    *, user_id: int, role: str, version: int, kind: Kind, jti: uuid.UUID,
    issued_at: dt.datetime, expires_at: dt.datetime, sign_in_id: int | None = None,
) -> str:  # fmt: skip
    """A signed token."""
    key_id, secret = next(iter(_keys().items()))
    payload = {
        "sub": str(user_id),
        "role": role,
        "type": kind,
        "jti": str(jti),
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "ver": version,
        **({"sid": sign_in_id} if sign_in_id else {}),
    }
    return jwt.encode(payload, secret, algorithm=ALGORITHM, headers={"kid": key_id})


def decode(token: str, *, kind: Kind, allow_expired: bool = False) -> Claims:
    """The claims of a genuine token of this kind. Raises TokenExpired or TokenInvalid."""
    try:
        secret = _keys()[_key_id(token.partition(".")[0])]
        payload: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            # By the shop's clock below, as it was signed; the library knows the machine's only.
            options={
                "require": ["sub", "jti", "iat", "exp"], "verify_exp": False, "verify_iat": False,
            },
        )  # fmt: skip
        at, leeway = clock.now().timestamp(), LEEWAY.total_seconds()
        if payload["type"] != kind or int(payload["iat"]) > at + leeway:
            raise TokenInvalid
        if not allow_expired and int(payload["exp"]) <= at - leeway:
            raise TokenExpired
        return Claims(
            user_id=int(payload["sub"]),
            version=int(payload["ver"]),
            jti=uuid.UUID(payload["jti"]),
            sign_in_id=int(payload["sid"]) if "sid" in payload else None,
        )
    except _NONE_OF_OURS as error:
        raise TokenInvalid from error


@lru_cache(maxsize=64)
def _key_id(head: str) -> str:
    """Which key a token says it is signed with; its first part is the same for every token of a key."""
    return str(jwt.get_unverified_header(f"{head}..")["kid"])


def _keys() -> dict[str, str]:
    """Key id to secret, the signing key first."""
    if settings.JWT_KEYS:
        return dict(pair.split(":", 1) for pair in settings.JWT_KEYS)
    return {
        derived[:8]: derived
        for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        for derived in [hmac.new(secret.encode(), b"mami.api.tokens", hashlib.sha256).hexdigest()]
    }

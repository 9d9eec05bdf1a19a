"""Who calls the JSON API: the bearer of an access token, checked against the database."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import selectors, tokens
from accounts.models import User
from core.errors import TokenInvalid


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`. One query a request.

    The role is the database's, not the token's: a changed role or a closed account counts at
    once. A broken token is refused even where none is asked for.
    """

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        token = bearer(request)
        if token is None:
            return None
        claims = tokens.decode(token, kind="access")
        user = selectors.active_user(user_id=claims.user_id, sign_in_id=claims.sign_in_id)
        if user is None or user.token_version != claims.version:
            raise TokenInvalid
        user.sign_in_id = claims.sign_in_id
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="mami"'


class StaleTokenAllowed(TokenAuthentication):
    """For calls that bring their own proof, like a refresh: an old genuine token is no obstacle.

    Clients send their expired access token along when they ask for a new one.
    """

    def authenticate(self, request: Request) -> None:
        token = bearer(request)
        if token is not None:
            tokens.decode(token, kind="access", allow_expired=True)


def bearer(request: Request) -> str | None:
    """The token of the header, None without one. Raises TokenInvalid for another scheme."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenInvalid
    return token.strip()

"""A session of staff ends when nothing happens, and at the end of the shift."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from accounts import services
from accounts.callers import caller_of
from accounts.models import User
from core import clock

Handler = Callable[[HttpRequest], HttpResponse]
SIGN_IN = "sign_in"


class SessionEndMiddleware:
    """Looks at what the session itself says: no question to the database, one write a minute."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.get(auth.SESSION_KEY):
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        kept = request.session.get(SIGN_IN)
        if kept is None:
            return
        now = clock.now().timestamp()
        if now > kept["until"] or now - kept["seen"] > kept["idle"]:
            services.sessions.end_of_session(
                session_key=request.session.session_key or "", now=clock.now()
            )
            auth.logout(request)
        elif now - kept["seen"] > kept["noted"]:
            request.session[SIGN_IN] = {**kept, "seen": now}
            services.sessions.seen(sign_in_id=kept["id"], now=clock.now())


def remember_sign_in(request: HttpRequest, user: User) -> None:
    """Begin to count: this browser's session is a sign-in of `user` from now on."""
    now = clock.now()
    row = services.sessions.open_web(
        user=user, session_key=request.session.session_key or "", caller=caller_of(request), now=now
    )
    lasting = services.sessions.lasting(user)
    request.session[SIGN_IN] = {
        "id": row.pk,
        "seen": now.timestamp(),
        "until": row.expires_at.timestamp(),
        "idle": _seconds(lasting.idle),
        "noted": _seconds(lasting.noted),
    }


def _seconds(length: dt.timedelta) -> float:
    return length.total_seconds()

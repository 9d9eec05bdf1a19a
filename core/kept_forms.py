"""What somebody typed into a form that was sent after their session had ended.

It waits in the new session until the same person has signed in and sees that form again; then the
form is filled in with it, once. Every form carries the mark of whom it was made for (`{% csrf_token %}`
writes both), and only that person gets back what was typed: on a shared browser the next one may be
a stranger. Passwords, codes, cards and files are never kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy

from core import clock
from core.bodies import FORM_LIMIT
from core.form_filling import filled

Handler = Callable[[HttpRequest], HttpResponse]
FIELD = "form_owner"
UNSENT = gettext_lazy(
    "You had been signed out, so nothing was sent. Please look it over and send it once more."
)
_FORM, _UNSENT = "kept_form", "unsent_form"
NEVER_KEPT = re.compile(r".*password.*|.*token.*|code|card|key|form_owner")
MOST_CHARACTERS = 50_000
SECONDS = 2 * 60 * 60


def owner_mark(user: Any) -> str:
    """What a page writes into a form for this person; nobody else's can be made up."""
    if not user.is_authenticated:
        return ""
    return salted_hmac("core.kept_forms", str(user.pk), algorithm="sha256").hexdigest()[:32]


def form_owner(request: HttpRequest) -> dict[str, Any]:
    """For templates: the mark of whoever looks at the page, as `form_owner`.

    Empty on a page that refuses before it is known who asks.
    """
    if not hasattr(request, "user"):
        return {}
    return {FIELD: SimpleLazyObject(lambda: owner_mark(request.user))}


def keep(request: HttpRequest, *, page: str) -> None:
    """Keep the form that was sent here from `page`, when it says whose it is."""
    mark = request.POST.get(FIELD, "") or owner_mark(request.user)
    typed = {
        name: list(map(str, values))
        for name, values in request.POST.lists()
        if not NEVER_KEPT.fullmatch(name)
    }
    size = sum(len(name) + sum(map(len, values)) for name, values in typed.items())
    if mark and typed and size <= MOST_CHARACTERS:
        request.session[_FORM] = {
            "owner": mark,
            "page": page,
            "sent_to": request.path,
            "typed": typed,
            "at": clock.now().timestamp(),
        }


def keep_for_later(request: HttpRequest, *, page: str) -> None:
    """Keep the form of somebody whose session has ended, as far as it may be read at all.

    The upload of a browser that had no session is not read, and of no other more than a form may be
    long; files are written nowhere.
    """
    request.session[_UNSENT] = True
    is_read = hasattr(request, "_files")
    if request.content_type == "multipart/form-data" and not is_read:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length > FORM_LIMIT and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        request.upload_handlers = [_Unwritten(request)]
    try:
        keep(request, page=page)
    except UnreadablePostError:  # its sender was too slow, and is told so
        return


def recall(request: HttpRequest, *, page: str) -> dict[str, str]:
    """What this very person typed for `page`, once; for a page that is made by what was typed."""
    kept = _kept_of(request)
    if kept is None or kept["page"] != page:
        return {}
    del request.session[_FORM]
    return {name: values[-1] for name, values in kept["typed"].items() if values}


def was_unsent(request: HttpRequest) -> bool:
    """Whether a form of this browser waits to be sent again; told once."""
    return bool(request.session.pop(_UNSENT, False))


class KeptFormsMiddleware:
    """Fill in the form that waits for this person, on the first page that shows it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if request.method == "GET" and is_page and response.status_code == 200:
            _fill(request, response)
        return response


class _Unwritten(FileUploadHandler):
    """Takes no file, and stops reading where files alone are longer than a form may be."""

    seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.seen += len(raw_data)
        if self.seen > FORM_LIMIT:
            raise StopUpload(connection_reset=True)

    def file_complete(self, file_size: int) -> None:
        return None


def _fill(request: HttpRequest, response: HttpResponse) -> None:
    if response.streaming or not request.session.accessed:  # nobody's page
        return
    kept = _kept_of(request)
    if kept is None:
        return
    page = filled(
        response.content.decode(), page=request.path, sent_to=kept["sent_to"], typed=kept["typed"]
    )
    if page is not None:
        del request.session[_FORM]
        response.content = page.encode()


def _kept_of(request: HttpRequest) -> dict[str, Any] | None:
    """What is kept for whoever looks at the page.

    A form of somebody else's is thrown away: its owner has left this browser. So is an old one.
    """
    kept: dict[str, Any] | None = request.session.get(_FORM)
    if not kept or not request.user.is_authenticated:
        return None
    is_own = constant_time_compare(kept["owner"], owner_mark(request.user))
    if is_own and clock.now().timestamp() - kept["at"] < SECONDS:
        return kept
    del request.session[_FORM]
    return None

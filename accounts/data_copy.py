"""The copy of a person's data as a file, for pages and the JSON API alike."""

from __future__ import annotations

from django.http import FileResponse

from accounts import services
from accounts.models import User
from core import clock


def data_copy(*, actor: User) -> FileResponse:
    """The copy of a person's data, kept by no cache. Raises NotFound."""
    file = services.open_export(actor=actor, now=clock.now())
    answer = FileResponse(
        file, as_attachment=True, filename="mami.zip", content_type="application/zip"
    )
    answer["Cache-Control"] = "private, no-store"
    return answer

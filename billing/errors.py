"""What papers refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class DocumentNotDrawn(DomainError):
    """The paper has its number and its content; its pages are being drawn."""

    code = "DOCUMENT_NOT_DRAWN"
    status = 503
    message = _("The paper is just being drawn. Please try again in a moment.")

"""What stock requests refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, PermissionRefused


class AlreadyReviewed(DomainError):
    """Somebody decided it before; `details` say who, and how."""

    code = "ALREADY_REVIEWED"
    message = _("Somebody has already decided about this request.")


class SelfReview(PermissionRefused):
    """A manager does not decide about a request of their own."""

    code = "SELF_REVIEW"
    message = _("This request is yours: another manager decides about it.")

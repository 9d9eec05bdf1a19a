"""Refusals the shop foresees: one class each, shown by one handler per face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Message = str | Promise


class DomainError(Exception):
    """A foreseen refusal of a business operation; nothing was changed.

    `code` is what programs read (docs/errors.md), `status` the HTTP status of the JSON face,
    `message` what people read in their language, `details` a JSON-ready mapping.
    """

    code: str = "DOMAIN_ERROR"
    status: int = 409
    message: Message = _("That is not possible right now.")

    def __init__(self, message: Message | None = None, **details: Any) -> None:
        self.message = message if message is not None else type(self).message
        self.details: Mapping[str, Any] = details
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFound(DomainError):
    """The thing does not exist, or belongs to somebody else: the caller cannot tell which."""

    code = "NOT_FOUND"
    status = 404
    message = _("We could not find that.")


class PermissionRefused(DomainError):
    code = "PERMISSION_DENIED"
    status = 403
    message = _("Your account may not do this.")


class SecondFactorSetupRequired(PermissionRefused):
    """Who needs a second factor and has none can only set one up."""

    code = "SECOND_FACTOR_SETUP_REQUIRED"
    message = _("Your role needs a second factor. Please set it up first.")


class NotAuthenticated(DomainError):
    code = "NOT_AUTHENTICATED"
    status = 401
    message = _("Please sign in.")


class TokenInvalid(DomainError):
    code = "TOKEN_INVALID"
    status = 401
    message = _("Please sign in again.")


class TokenExpired(DomainError):
    code = "TOKEN_EXPIRED"
    status = 401
    message = _("Your sign-in has expired. Please sign in again.")


class InvalidInput(DomainError):
    """Input a form or serializer could not judge alone; `fields` maps field to messages.

    What else helps to put it right stands beside them in `details`.
    """

    code = "VALIDATION_ERROR"
    status = 400
    message = _("Something in the form needs another look.")

    def __init__(
        self, message: Message | None = None, *, fields: Mapping[str, list[Any]], **more: Any
    ) -> None:
        told = {k: [str(m) for m in v] for k, v in fields.items()}
        super().__init__(message, fields=told, **more)


class NumberTooLarge(InvalidInput):
    """A number, or what is worked out from it, has no room in its column."""

    message = _("A number in it is larger than our books can hold.")

    def __init__(self) -> None:
        super().__init__(fields={})


class Busy(DomainError):
    """A lock, or a turn, was waited for too long; the same request may be sent again."""

    code = "BUSY"
    status = 409
    message = _("Many people are at this shelf. Please try again in a moment.")


RETRY_AFTER = "5"
"""Seconds until somebody whom the shop cannot serve just now may ask again."""


class ServiceUnavailable(DomainError):
    code = "SERVICE_UNAVAILABLE"
    status = 503
    message = _("The shop is catching its breath. Please try again in a moment.")


class BodyTooLarge(DomainError):
    code = "BODY_TOO_LARGE"
    status = 413
    message = _("The request is too large.")


class RequestTimeout(DomainError):
    """The request did not come in time: ten seconds for its head, 16 kB a second of its body."""

    code = "REQUEST_TIMEOUT"
    status = 408
    message = _("The request took too long to arrive. Please try again.")


class MissingIdempotencyKey(DomainError):
    code = "MISSING_IDEMPOTENCY_KEY"
    status = 400
    message = _("The request needs an Idempotency-Key of 1 to 128 visible ASCII characters.")


class IdempotencyKeyReuseMismatch(DomainError):
    code = "IDEMPOTENCY_KEY_REUSE_MISMATCH"
    message = _("This key was already used for a different request.")

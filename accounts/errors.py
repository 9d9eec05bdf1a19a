"""What accounts refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mami.errors import DomainError, PermissionRefused


class EmailTaken(DomainError):
    code = "EMAIL_TAKEN"
    message = _("There already is an account with this e-mail address.")


class InvalidCredentials(DomainError):
    """Unknown e-mail, wrong password or deactivated: the caller cannot tell which."""

    code = "INVALID_CREDENTIALS"
    status = 401
    message = _("The e-mail address or the password is not right.")


class ResetTokenInvalid(DomainError):
    code = "RESET_TOKEN_INVALID"
    status = 400
    message = _("This link has expired or was already used. Please ask for a new one.")


class CannotModifySelf(PermissionRefused):
    code = "CANNOT_MODIFY_SELF"
    message = _("Nobody changes their own role or deactivates themselves.")


class LastAdmin(DomainError):
    code = "LAST_ADMIN"
    message = _("The shop needs at least one active admin.")


class TooManyAddresses(DomainError):
    code = "TOO_MANY_ADDRESSES"
    message = _("An account keeps at most 50 addresses. Please delete one first.")

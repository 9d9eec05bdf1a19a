"""What accounts refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, PermissionRefused


class EmailTaken(DomainError):
    code = "EMAIL_TAKEN"
    message = _("There already is an account with this e-mail address.")


class InvalidCredentials(DomainError):
    """Unknown e-mail, wrong password or deactivated: the caller cannot tell which."""

    code = "INVALID_CREDENTIALS"
    status = 401
    message = _("The e-mail address or the password is not right.")


class SecondFactorRequired(DomainError):
    """The password was right; `details.challenge` comes back with a code within `expires_in` seconds."""

    code = "SECOND_FACTOR_REQUIRED"
    status = 401
    message = _("Please enter the code of your authenticator app too.")


class ChallengeInvalid(DomainError):
    code = "CHALLENGE_INVALID"
    status = 401
    message = _("That took too long, or too many codes were wrong. Please sign in again.")


class SecondFactorInvalid(DomainError):
    code = "SECOND_FACTOR_INVALID"
    status = 400
    message = _("This code is not right, or it was used before. Please take the next one.")


class SecondFactorEnabled(DomainError):
    code = "SECOND_FACTOR_ENABLED"
    message = _("A second factor is on already.")


class SecondFactorNotStarted(DomainError):
    code = "SECOND_FACTOR_NOT_STARTED"
    message = _("Please begin with setting up the authenticator app.")


class SecondFactorRequiredByRole(PermissionRefused):
    code = "SECOND_FACTOR_REQUIRED_BY_ROLE"
    message = _("Your role needs a second factor; it cannot be turned off.")


class ResetTokenInvalid(DomainError):
    code = "RESET_TOKEN_INVALID"
    status = 400
    message = _("This link has expired or was already used. Please ask for a new one.")


class VerifyTokenInvalid(DomainError):
    code = "VERIFY_TOKEN_INVALID"
    status = 400
    message = _("This link has expired or was already used. Please ask for a new one.")


class PhoneRequired(DomainError):
    code = "PHONE_REQUIRED"
    status = 400
    message = _("There is no mobile phone in your profile that a code can be sent to.")


class CodeInvalid(DomainError):
    code = "CODE_INVALID"
    status = 400
    message = _("This code is not right, or its time is over. Please ask for a new one.")


class EmailNotVerified(PermissionRefused):
    code = "EMAIL_NOT_VERIFIED"
    message = _("Please open the link we sent to your e-mail address first.")


class PhoneNotVerified(DomainError):
    code = "PHONE_NOT_VERIFIED"
    message = _("Please verify your phone first; we send a code to it.")


class OpenOrders(DomainError):
    """`details.order_numbers` names what is still on its way."""

    code = "OPEN_ORDERS"
    message = _(
        "An order, a refund or a case of yours is still open. Please wait until it is done."
    )


class CannotModifySelf(PermissionRefused):
    code = "CANNOT_MODIFY_SELF"
    message = _("Nobody changes their own role or deactivates themselves.")


class LastAdmin(DomainError):
    code = "LAST_ADMIN"
    message = _("The shop needs at least one active admin.")


class TooManyAddresses(DomainError):
    code = "TOO_MANY_ADDRESSES"
    message = _("An account keeps at most 50 addresses. Please delete one first.")

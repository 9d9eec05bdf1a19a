"""Why a message is not sent."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class Obsolete(Exception):
    """There is nothing to tell any more; the message is dropped without a word."""


class MailNotSent(Exception):
    """The mail server or the gateway did not take the message; the job tries again later."""


class DutyMessage(DomainError):
    """`details.event` names what cannot be switched off."""

    code = "DUTY_MESSAGE"
    status = 400
    message = _("We have to tell you this by e-mail; it cannot be switched off.")


class MessageNotFailed(DomainError):
    code = "MESSAGE_NOT_FAILED"
    message = _("Only a message that failed is sent again, and once.")

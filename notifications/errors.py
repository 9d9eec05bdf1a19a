"""Why a message is not sent."""

from __future__ import annotations


class Obsolete(Exception):
    """There is nothing to tell any more; the message is dropped without a word."""


class MailNotSent(Exception):
    """The mail server did not take the message; the job tries again later."""

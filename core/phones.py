"""Phone numbers: which ones can be dialled, in one spelling."""

from __future__ import annotations

import re

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ISRAEL = 972
# After the leading 0: mobiles 05…, numbers without a place 07…, and those of the five areas.
NATIONAL = re.compile(r"5[0-9]{8}|7[0-9]{8}|[23489][0-9]{7}")


def one_spelling(text: str) -> str:
    """A number as E.164. Raises ValidationError for what nobody can dial from anywhere.

    Lengths and beginnings, not the table of numbers handed out: that one lags behind the numbering
    plan by years. Extensions, short codes and 1-700 or 1-800 are refused.
    """
    try:
        number = phonenumbers.parse(text, settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise _refusal() from error
    if number.extension or not _can_be_dialled(number):
        raise _refusal()
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def validate_phone(text: str) -> None:
    """For fields: raises ValidationError as `one_spelling` does."""
    one_spelling(text)


def is_mobile(e164: str) -> bool:
    """Whether an SMS may reach it: an Israeli 05…, or a mobile elsewhere."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    if number.country_code == ISRAEL:
        return bool(re.fullmatch(r"5[0-9]{8}", str(number.national_number)))
    kinds = phonenumbers.PhoneNumberType
    return phonenumbers.number_type(number) in {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}


def _can_be_dialled(number: phonenumbers.PhoneNumber) -> bool:
    if number.country_code == ISRAEL:
        return bool(NATIONAL.fullmatch(str(number.national_number)))
    possible = phonenumbers.is_possible_number_with_reason(number)
    return bool(possible == phonenumbers.ValidationResult.IS_POSSIBLE)


def _refusal() -> ValidationError:
    return ValidationError(_("This is not a phone number. Example: 054-223-4567."), code="phone")

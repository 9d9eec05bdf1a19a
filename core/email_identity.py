"""Which person an e-mail address names: one account for one mailbox, however it is spelled.

Kept and compared as plain ASCII: the part before the @ in small letters, the domain as the name
system knows it (IDNA 2008, `xn--…`). Letters of other scripts that lower or fold into ASCII ones
(ſ is no s, the Kelvin sign no k, full-width ａ no a) are told apart before anything is compared.
"""

from __future__ import annotations

import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

LONGEST_EMAIL = 254
DOTS = "\u3002\uff0e\uff61"  # full stops of other scripts, which the name system takes for its own


def email_identity(text: str) -> str:
    """The one spelling of an address. Raises ValidationError for what is none."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not local.isascii() or any(map(_folds, domain)):
        raise _no_address()
    try:
        # Stored for ever: no mapping that some readers of addresses make and others do not.
        domain = domain.lower() if domain.isascii() else idna.encode(domain.lower()).decode()
        if "xn--" in domain:
            idna.decode(domain)
    except (idna.IDNAError, UnicodeError) as error:
        raise _no_address() from error
    identity = f"{local.lower()}@{domain}"
    validate_email(identity)
    if len(identity) > LONGEST_EMAIL:
        raise _no_address()
    return identity


def known_identity(text: str) -> str | None:
    """The one spelling, None for what is no address: for looking people up."""
    try:
        return email_identity(text)
    except ValidationError:
        return None


def _folds(letter: str) -> bool:
    """Whether a letter outside ASCII turns into one of ASCII when it is lowered or folded."""
    if letter.isascii():
        return False
    if letter in DOTS:
        return True
    forms = (letter.lower(), letter.casefold(), unicodedata.normalize("NFKC", letter))
    return any(form.isascii() for form in forms)


def _no_address() -> ValidationError:
    return ValidationError(_("This is not an e-mail address."), code="invalid")

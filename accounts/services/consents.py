"""What people agree to: kept with the text they saw and the moment."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import get_language

from accounts.errors import EmailNotVerified, PhoneNotVerified
from accounts.locks import lock_user
from accounts.models import Consent, ConsentKind, Role, User
from audit.services import Action, record
from core.errors import NotFound
from core.transactions import require_transaction, write_transaction

VERSIONS: dict[str, str] = {
    ConsentKind.TERMS: "2026-11",
    ConsentKind.PRIVACY: "2026-11",
    ConsentKind.DOCUMENTS: "2026-11",
    ConsentKind.MARKETING_EMAIL: "2026-11",
    ConsentKind.MARKETING_SMS: "2026-11",
    ConsentKind.OFF_SESSION_CARD: "2026-11",
}
"""Of each text, as it is shown today; older ones stay readable."""
CHOSEN = (ConsentKind.MARKETING_EMAIL, ConsentKind.MARKETING_SMS)
"""What a person gives and withdraws by itself."""


def choose_consent(
    *, actor: User, kind: str, given: bool, now: dt.datetime, face: str = ""
) -> None:
    """Give or withdraw what an account is asked about: offers, and to a customer papers by e-mail.

    Raises what `set_consent` does; NotFound too for papers of somebody who orders nothing.
    """
    if kind != ConsentKind.DOCUMENTS:
        set_consent(actor=actor, kind=kind, given=given, now=now, face=face)
    elif actor.role == Role.CUSTOMER:
        consent_to_documents(actor=actor, given=given, now=now, face=face)
    else:
        raise NotFound


def consent_to_documents(*, actor: User, given: bool, now: dt.datetime, face: str = "") -> User:
    """Keep whether the person wants computerised papers. The same answer again changes nothing."""
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        if user.documents_consent == given:
            return user
        old, user.documents_consent = user.documents_consent, given
        user.save(update_fields=["documents_consent"])
        add_consent(user=user, kind=ConsentKind.DOCUMENTS, given=given, now=now, face=face)
        record(
            actor=actor,
            entity_type="user",
            entity_id=user.pk,
            action=Action.UPDATE,
            old={"documents_consent": old},
            new={"documents_consent": given},
        )
    return user


def set_consent(
    *, actor: User, kind: str, given: bool, now: dt.datetime, face: str = ""
) -> Consent:
    """Give or withdraw an agreement to be sent offers; the same answer again adds no row.

    Raises NotFound for a kind that is not chosen by itself, EmailNotVerified and PhoneNotVerified
    where one is given for an address or a number that nobody proved.
    """
    if kind not in CHOSEN:
        raise NotFound
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        newest = Consent.objects.filter(user=user, kind=kind).first()
        if newest is not None and newest.given == given:
            return newest
        if given and kind == ConsentKind.MARKETING_EMAIL and not user.email_verified:
            raise EmailNotVerified
        if given and kind == ConsentKind.MARKETING_SMS and not user.phone_verified:
            raise PhoneNotVerified
        row = add_consent(user=user, kind=kind, given=given, now=now, face=face)
        record(
            actor=actor,
            entity_type="user",
            entity_id=user.pk,
            action=Action.UPDATE,
            new={kind.lower(): given},
        )
    return row


def add_consent(*, user: User, kind: str, given: bool, now: dt.datetime, face: str = "") -> Consent:
    """One more row, with the version and the language that were shown, in the caller's transaction."""
    require_transaction()
    return Consent.objects.create(
        user=user,
        kind=kind,
        given=given,
        version=VERSIONS[kind],
        language="en" if get_language() == "en" else "he",
        face=face,
        at=now,
    )

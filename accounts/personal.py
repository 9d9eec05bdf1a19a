"""What accounts know about a person, for whoever takes it out or leaves."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.contact_models import MailProof, PhoneCode
from accounts.export_models import DataExport
from accounts.models import (
    Address,
    Consent,
    ConsentKind,
    Device,
    KnownPlace,
    PasswordReset,
    RecoveryCode,
    RefreshToken,
    SecondFactor,
    SignIn,
    SignInChallenge,
    User,
)
from core.append_only import trigger_ignored

GOES = "deleted"
PEOPLE = {
    "accounts.Address.user": GOES,
    "accounts.SignIn.user": GOES,
    "accounts.RefreshToken.user": GOES,
    "accounts.Device.user": GOES,
    "accounts.KnownPlace.user": GOES,
    "accounts.SecondFactor.user": GOES,
    "accounts.RecoveryCode.user": GOES,
    "accounts.SignInChallenge.user": GOES,
    "accounts.PasswordReset.user": GOES,
    "accounts.MailProof.user": GOES,
    "accounts.PhoneCode.user": GOES,
    "accounts.DataExport.user": GOES,
    "accounts.Consent.user": "offers: deleted; the rest stays: what a contract was made under",
}
NOBODY = "—"
OFFERS = (ConsentKind.MARKETING_EMAIL, ConsentKind.MARKETING_SMS)
_OWNED = (
    Address, RefreshToken, SignIn, Device, KnownPlace, SecondFactor, RecoveryCode, SignInChallenge,
    PasswordReset, MailProof, PhoneCode,
)  # fmt: skip


def take_out(*, user_id: int) -> dict[str, Any]:
    user = User.objects.get(pk=user_id)
    return {
        "id": user.pk,
        "email": user.email,
        "full_name": user.full_name,
        "phone": str(user.phone),
        "role": user.role,
        "language": user.language,
        "email_verified": user.email_verified,
        "phone_verified": user.phone_verified,
        "pending_email": user.pending_email,
        "documents_consent": user.documents_consent,
        "delivery_preference": user.delivery_preference,
        "delivery_note": user.delivery_note,
        "created_at": user.created_at,
        "addresses": list(
            Address.objects.filter(user_id=user_id).values(
                "id", "label", "line1", "line2", "city", "locality_id", "postal_code", "floor",
                "door_code", "instructions", "is_default",
            )
        ),
        "consents": list(
            Consent.objects.filter(user_id=user_id).values(
                "kind", "given", "version", "language", "face", "at"
            )
        ),
        "sessions": list(
            SignIn.objects.filter(user_id=user_id).values(
                "kind", "device", "created_at", "last_seen_at", "ended_at"
            )
        ),
    }  # fmt: skip


def erase(*, user_id: int, now: dt.datetime) -> None:
    keys = SignIn.objects.filter(user_id=user_id).exclude(session_key="")
    Session.objects.filter(pk__in=list(keys.values_list("session_key", flat=True))).delete()
    exports = DataExport.objects.filter(user_id=user_id)
    for export in exports.exclude(file=""):
        remove = partial(export.file.storage.delete, str(export.file.name))
        transaction.on_commit(remove, robust=True)
    exports.delete()
    for model in _OWNED:
        model._default_manager.filter(user_id=user_id).delete()
    with trigger_ignored("accounts.Consent:append_only"):
        Consent.objects.filter(user_id=user_id, kind__in=OFFERS).delete()
    user = User(
        pk=user_id,
        email=f"erased-{user_id}@invalid",
        full_name=NOBODY,
        is_active=False,
        erased_at=now,
    )
    user.set_unusable_password()
    old = User.objects.values("created_at", "role", "token_version").get(pk=user_id)
    user.created_at, user.role = old["created_at"], old["role"]
    user.token_version = old["token_version"] + 1
    # Every column, so that a field added later is emptied too unless somebody decides otherwise.
    User.objects.bulk_update(
        [user], [f.name for f in User._meta.concrete_fields if not f.primary_key]
    )

"""Questions about people and their addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.contact_models import MailProof, PhoneCode
from accounts.models import Address, Consent, Device, PasswordReset, SignIn, User
from branches.areas import EVERYWHERE, Destination
from core.email_identity import known_identity
from core.errors import NotFound
from core.gtin import TRIGRAM, part_of
from core.model_rows import ModelRows

MAX_MEANT = 200
_USERS = ModelRows(User)
FEWEST_DIGITS = 4  # of a phone


def active_user(*, user_id: int, sign_in_id: int | None = None) -> User | None:
    """The person, unless unknown, deactivated, or the sign-in was ended. One query."""
    # By hand: nearly every call of the API begins here.
    sql = (
        f"SELECT {_USERS.columns} FROM {User._meta.db_table} WHERE id = %s AND is_active"  # noqa: S608
        f" AND NOT EXISTS (SELECT FROM {SignIn._meta.db_table}"
        " WHERE id = %s AND ended_at IS NOT NULL)"
    )
    found = _USERS.first(sql, [user_id, sign_in_id or 0])
    return found[0] if found else None


def is_erased(*, user_id: int) -> bool:
    """Whether the person has left for good meanwhile."""
    return User.objects.filter(pk=user_id, erased_at__isnull=False).exists()


def user_by_email(*, email: str) -> User | None:
    """The person whose mailbox this is, however its address is spelled. One query at most."""
    identity = known_identity(email)
    if identity is None:
        return None
    return User.objects.annotate(address=Lower("email")).filter(address=identity).first()


def person(*, user_id: int) -> User:
    """Any person, for admins. Raises NotFound."""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise NotFound
    return found


def people(
    *, q: str = "", role: str | None = None, is_active: bool | None = None
) -> QuerySet[User]:
    """People for the admins' list, newest first; `q` is a part of an e-mail or a name.

    One or two letters begin an e-mail or a word of a name.
    """
    found = User.objects.order_by("-pk")
    if q:
        found = found.annotate(lower_email=Lower("email")).filter(_named(q))
    if role:
        found = found.filter(role=role)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    return found


def people_meant(*, text: str) -> list[int]:
    """The keys of those whose e-mail, name or phone is or holds `text`, at most MAX_MEANT.

    One or two letters begin an e-mail or a word of a name. A whole e-mail means its one person. One query, or two.
    """
    known = user_by_email(email=text)
    if known is not None:
        return [known.pk]
    rows = User.objects.annotate(lower_email=Lower("email"))
    wanted = _named(text)
    digits = "".join(sign for sign in text if sign in "0123456789")
    if len(digits) >= FEWEST_DIGITS and not any(sign.isalpha() for sign in text):
        wanted |= Q(phone__contains=_national(digits))
    found = rows.filter(wanted).order_by("pk")
    return list(found.values_list("pk", flat=True)[:MAX_MEANT])


def _named(text: str) -> Q:
    """Of people with their `lower_email`."""
    address = known_identity(text) or text.lower()
    begins = "contains" if len(address) >= TRIGRAM else "startswith"
    return Q(**{f"lower_email__{begins}": address}) | part_of("full_name", text)


def _national(digits: str) -> str:
    """The digits of a phone without what is dialled before them: 052…, 00972 52…, +972 (0)52…"""
    bare = digits.lstrip("0")
    return bare.removeprefix("972").lstrip("0") or bare


def addresses_of(*, actor: User) -> list[Address]:
    """The person's addresses, the default one first, each with its area. One query."""
    return list(Address.objects.filter(user_id=actor.pk).with_area())


def address_for(*, actor: User, address_id: int) -> Address:
    """One of the person's own addresses. Raises NotFound, also for other people's."""
    found = Address.objects.filter(user_id=actor.pk, pk=address_id).with_area().first()
    if found is None:
        raise NotFound
    return found


def destination_for(*, address_id: int | None) -> Destination:
    """The place of an address and the terms of its area; everywhere for none. One query."""
    if address_id is None:
        return EVERYWHERE
    return destinations_for(address_ids=[address_id]).get(address_id, EVERYWHERE)


def destinations_for(*, address_ids: Iterable[int]) -> dict[int, Destination]:
    """Those of several addresses that exist. One query."""
    rows = Address.objects.filter(pk__in=list(address_ids)).with_area()
    return {row.pk: row.looked_up() for row in rows}


def default_address(*, actor: User) -> Address | None:
    """With its area. One query."""
    found = Address.objects.filter(user_id=actor.pk, is_default=True).with_area().order_by()
    return next(iter(found[:1]), None)  # there is one at most


def reset_by_secret(*, secret_hash: str, now: dt.datetime) -> PasswordReset | None:
    """A permission for a new password that can still be used, by the hash of its link's secret."""
    return (
        PasswordReset.objects.select_related("user")
        .filter(secret_hash=secret_hash, used_at=None, expires_at__gt=now)
        .first()
    )


def open_reset(*, reset_id: int, now: dt.datetime) -> PasswordReset | None:
    """A permission for a new password that can still be used."""
    return (
        PasswordReset.objects.select_related("user")
        .filter(pk=reset_id, used_at=None, expires_at__gt=now)
        .first()
    )


def open_mail_proof(*, proof_id: int, now: dt.datetime) -> MailProof | None:
    """A link that can still be used, with its person."""
    return (
        MailProof.objects.select_related("user")
        .filter(pk=proof_id, used_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )


def device(*, device_id: int) -> Device | None:
    """A device that is known still, with its person."""
    return Device.objects.select_related("user").filter(pk=device_id).first()


def open_phone_code(*, code_id: int, now: dt.datetime) -> PhoneCode | None:
    """A code that can still be used, with its person."""
    return (
        PhoneCode.objects.select_related("user")
        .filter(pk=code_id, used_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )


def consents_of(*, actor: User) -> list[Consent]:
    """What the person agreed to or withdrew, the newest of each kind. One query."""
    rows = Consent.objects.filter(user_id=actor.pk).order_by("kind", "-id").distinct("kind")
    return list(rows)


@dataclass(frozen=True, kw_only=True)
class SecondFactorState:
    """Whether a person's second factor is on, has to be, since when, and what is left for a bad day."""

    enabled: bool
    required: bool
    since: dt.datetime | None
    recovery_codes_left: int


def second_factor_of(*, actor: User) -> SecondFactorState:
    """One query, none where it is off."""
    enabled = actor.second_factor_since is not None
    return SecondFactorState(
        enabled=enabled,
        required=actor.needs_second_factor,
        since=actor.second_factor_since,
        recovery_codes_left=actor.recovery_codes.filter(used_at=None).count() if enabled else 0,
    )


def sign_ins_of(*, actor: User, now: dt.datetime) -> list[SignIn]:
    """The actor's sign-ins that are good now, newest first."""
    return list(
        SignIn.objects.filter(user_id=actor.pk, ended_at=None, expires_at__gt=now).order_by("-pk")
    )

"""Lists that several people keep: the link to join, those who did, leaving."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from accounts.errors import EmailNotVerified
from accounts.models import User
from audit.services import Action, record
from core.errors import NotFound
from core.transactions import write_transaction
from lists.errors import NotListOwner, ShareTokenInvalid, TooManyMembers
from lists.locks import lock_list
from lists.models import ListItem, ListMember, ShoppingList
from lists.selectors import first_name
from lists.services.locking import is_member, locked, locked_own
from notifications.services import queue

MOST_MEMBERS = 10
"""Beside the owner."""

LINK_DAYS = 7
SALT = "lists.share"


@dataclass(frozen=True, kw_only=True)
class ShareLink:
    """The link by which others join a list."""

    url: str
    token: str
    expires_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What a link says before it is followed: whose list, and how it is called."""

    list_id: int
    name: str
    owner: str
    is_in: bool


def share_list(*, actor: User, list_id: int, now: dt.datetime) -> ShareLink:
    """A link of seven days for any number of people; an earlier one ends. Raises NotFound,
    NotListOwner."""
    with write_transaction():
        row = locked_own(actor=actor, list_id=list_id)
        row.share_key = secrets.token_hex(8)
        row.share_until = now + dt.timedelta(days=LINK_DAYS)
        row.save(update_fields=["share_key", "share_until"])
        _audit(actor, row, shared=True)
    link = link_of(row=row, now=now)
    assert link is not None  # noqa: S101 - it was made just now
    return link


def stop_sharing(*, actor: User, list_id: int) -> None:
    """End the link; who joined stays. Raises NotFound, NotListOwner."""
    with write_transaction():
        row = locked_own(actor=actor, list_id=list_id)
        if row.share_key:
            row.share_key, row.share_until = "", None
            row.save(update_fields=["share_key", "share_until"])
            _audit(actor, row, shared=False)


def link_of(*, row: ShoppingList, now: dt.datetime) -> ShareLink | None:
    """The link that leads to it now."""
    if not row.share_key or row.share_until is None or row.share_until <= now:
        return None
    token = Signer(salt=SALT, sep=".").sign(f"{row.pk}-{row.share_key}")
    return ShareLink(
        url=settings.SITE_URL + reverse("lists:join", args=[token]),
        token=token,
        expires_at=row.share_until,
    )


def invitation(*, actor: User, token: str, now: dt.datetime) -> Invitation:
    """What the link leads to. Raises ShareTokenInvalid."""
    row = ShoppingList.objects.select_related("owner").filter(pk=_read(token)[0]).first()
    if row is None or not _opens(row, token, now):
        raise ShareTokenInvalid
    return Invitation(
        list_id=row.pk,
        name=row.title,
        owner=first_name(row.owner.full_name),
        is_in=row.owner_id == actor.pk or is_member(row, actor.pk),
    )


def join_list(*, actor: User, token: str, now: dt.datetime) -> int:
    """Join the list a link leads to; again, or one's own, does no harm. Returns its key.

    Who joined is told of it, once: another could have followed the link with their phone.

    Raises ShareTokenInvalid, EmailNotVerified, TooManyMembers.
    """
    list_id, _key = _read(token)
    with write_transaction():
        row = lock_list(list_id=list_id)
        if row is None or not _opens(row, token, now):
            raise ShareTokenInvalid
        if row.owner_id == actor.pk or is_member(row, actor.pk):
            return row.pk
        if not actor.email_verified:
            raise EmailNotVerified
        if ListMember.objects.filter(list=row).count() >= MOST_MEMBERS:
            raise TooManyMembers(limit=MOST_MEMBERS)
        member = ListMember.objects.create(list=row, user=actor, joined_at=now)
        queue(
            user_id=actor.pk,
            kind="list_invited",
            context={"member_id": member.pk},
            dedupe_key=f"list-{row.pk}-member-{member.pk}",
        )
        _audit(actor, row, member=actor.pk)
    return row.pk


def remove_member(*, actor: User, list_id: int, user_id: int) -> None:
    """The owner removes somebody, a member leaves; their lines stay, without who put them there.

    Raises NotFound, NotListOwner.
    """
    with write_transaction():
        row = locked(actor=actor, list_id=list_id)
        if actor.pk not in (row.owner_id, user_id):
            raise NotListOwner
        if not ListMember.objects.filter(list=row, user_id=user_id).delete()[0]:
            raise NotFound
        ListItem.objects.filter(list=row, added_by_id=user_id).update(added_by=None)
        _audit(actor, row, member=None, left=user_id)


def _read(token: str) -> tuple[int, str]:
    try:
        number, _dash, key = Signer(salt=SALT, sep=".").unsign(token).partition("-")
        return int(number), key
    except (BadSignature, ValueError) as error:
        raise ShareTokenInvalid from error


def _opens(row: ShoppingList, token: str, now: dt.datetime) -> bool:
    link = link_of(row=row, now=now)
    return link is not None and link.token == token  # its signature was looked at


def _audit(actor: User, row: ShoppingList, **new: bool | int | None) -> None:
    record(actor=actor, entity_type="list", entity_id=row.pk, action=Action.UPDATE, new=new)

"""Leaving for good: what the shop knows about a person goes, the books stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from accounts.errors import OpenOrders
from accounts.locks import lock_user
from accounts.models import User
from accounts.personal_rooms import asked, rooms
from accounts.services.passwords import check_own_password
from audit.services import Action, record
from core.errors import TokenInvalid
from core.transactions import write_transaction

log = structlog.get_logger(__name__)
ERASED = "erased"
"""The folder of private uploads in which each who left has a file of their key's name."""
WHEN_ERASED: list[Callable[..., None]] = []
"""Who says goodbye, filled by apps above: called with user_id, email and language after the commit."""


def erase_account(*, actor: User, current_password: str, now: dt.datetime) -> None:
    """Erase the person at once and for good; the same e-mail may open a new account afterwards.

    The provider forgets the cards first, without a lock, and may be asked again. Then the keys of
    the person, the person's row and everything else are let go in one transaction: an order that is
    placed at the same moment either stands first and refuses this, or finds nobody. Raises
    InvalidCredentials, RateLimited, ServiceUnavailable, OpenOrders, PaymentUnavailable, and
    TokenInvalid where another erasure was quicker.
    """
    check_own_password(actor=actor, password=current_password)
    _refuse_while_open(actor.pk)
    list(asked("let_go", user_id=actor.pk))
    with write_transaction(durable=True):
        list(asked("lock", user_id=actor.pk))
        user = lock_user(user_id=actor.pk)
        if user.erased_at is not None:
            raise TokenInvalid
        _refuse_while_open(user.pk)
        transaction.on_commit(
            partial(_say_farewell, user.pk, user.email, user.language), robust=True
        )
        transaction.on_commit(partial(_write_down, user.pk), robust=True)
        forget_person(user_id=user.pk, now=now)
        record(actor=user, entity_type="user", entity_id=user.pk, action=Action.DELETE)
    log.info("account_erased", user_id=actor.pk)


def erase_again(*, user_id: int, now: dt.datetime) -> bool:
    """Erase somebody who left before, after a copy from before that was restored.

    False where the copy does not know the person, or knows that they left. Raises OpenOrders where
    something of theirs is still on its way in it, PaymentUnavailable.
    """
    known = User.objects.filter(pk=user_id, erased_at=None).exists()
    if not known:
        return False
    _refuse_while_open(user_id)
    list(asked("let_go", user_id=user_id))
    with write_transaction(durable=True):
        list(asked("lock", user_id=user_id))
        user = lock_user(user_id=user_id)
        if user.erased_at is not None:
            return False
        _refuse_while_open(user_id)
        forget_person(user_id=user_id, now=now)
        record(actor=None, entity_type="user", entity_id=user_id, action=Action.DELETE)
    log.info("account_erased_again", user_id=user_id)
    return True


def erased_before() -> list[int]:
    """The keys of all who left, from this machine's list and from what lies beside the uploads."""
    found: set[str] = set()
    with suppress(FileNotFoundError):
        found |= set(settings.ERASED_LIST.read_text().split())
    with suppress(FileNotFoundError):
        found |= set(storages["private"].listdir(ERASED)[1])
    return sorted({int(key) for key in found if key.isdecimal()})


def forget_person(*, user_id: int, now: dt.datetime) -> None:
    """Let every room go of the person, in the caller's transaction, behind the person's row."""
    for room in rooms():
        room.erase(user_id=user_id, now=now)


def _refuse_while_open(user_id: int) -> None:
    numbers = sorted(set(asked("open_numbers", user_id=user_id)))
    if numbers:
        raise OpenOrders(order_numbers=numbers)


def _write_down(user_id: int) -> None:
    """What no restored copy takes back: the key, nothing else. In this machine's list, which has room on
    nearly every disk, and beside the uploads, which every machine reaches.
    """
    settings.ERASED_LIST.parent.mkdir(parents=True, exist_ok=True)
    with settings.ERASED_LIST.open("a") as file:
        file.write(f"{user_id}\n")
    if not storages["private"].exists(f"{ERASED}/{user_id}"):
        storages["private"].save(f"{ERASED}/{user_id}", ContentFile(str(user_id).encode()))


def _say_farewell(user_id: int, email: str, language: str) -> None:
    """The last mail: no row and no job may hold the address any more."""
    for say in WHEN_ERASED:
        say(user_id=user_id, email=email, language=language)

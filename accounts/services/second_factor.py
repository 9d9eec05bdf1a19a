"""The second factor: codes of an app (TOTP, RFC 6238), ten recovery codes, and the way back by an admin.

The secret is sealed, recovery codes are hashed. A code counts once: the person's row is locked and
the last step that was used only grows, so that two parallel calls cannot both spend it. A code is used
up only by a call that succeeds; a password asked for beside it is judged first.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from procrastinate.contrib.django import app as jobs

from accounts import hashing
from accounts.errors import (
    CannotModifySelf,
    SecondFactorEnabled,
    SecondFactorInvalid,
    SecondFactorNotStarted,
    SecondFactorRequiredByRole,
)
from accounts.locks import lock_second_factor, lock_user
from accounts.models import RecoveryCode, SecondFactor, User
from accounts.sealing import seal, unseal
from accounts.services.passwords import check_own_password
from accounts.services.sign_in import end_all_tokens
from audit.services import Action, record
from core.errors import PermissionRefused
from core.limits import SECOND_FACTOR_PER_USER
from core.transactions import write_transaction

ISSUER = "Mami"
STEP_SECONDS = 30
RECOVERY_CODES = 10
RESET_TASK = "accounts.send_second_factor_reset"
"""Of an app above this one, which keeps the messages."""
_PURPOSE = "second-factor"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """What an authenticator app needs: the secret in base32, and the same as an address to scan."""

    secret: str
    otpauth_uri: str


def begin(*, actor: User, current_password: str, now: dt.datetime) -> SetUp:
    """A new secret, which is not on yet; again, another one.

    Raises InvalidCredentials, SecondFactorEnabled, RateLimited, ServiceUnavailable.
    """
    check_own_password(actor=actor, password=current_password)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        if user.second_factor_since is not None:
            raise SecondFactorEnabled
        secret = pyotp.random_base32()
        SecondFactor.objects.update_or_create(
            user=user,
            defaults={"secret": seal(secret, purpose=_PURPOSE), "last_step": 0, "created_at": now},
        )
    return _set_up(user, secret)


def started(*, actor: User) -> SetUp:
    """What `begin` gave, until it is confirmed. Raises SecondFactorNotStarted."""
    row = SecondFactor.objects.filter(user_id=actor.pk).first()
    if row is None or actor.second_factor_since is not None:
        raise SecondFactorNotStarted
    return _set_up(actor, unseal(row.secret, purpose=_PURPOSE))


def confirm(*, actor: User, code: str, now: dt.datetime) -> tuple[User, list[str]]:
    """Turn it on with the app's first code; earlier tokens and sessions end.

    Returns the person and the recovery codes, which nobody can read again. Raises
    SecondFactorInvalid, SecondFactorNotStarted, SecondFactorEnabled, RateLimited.
    """
    SECOND_FACTOR_PER_USER.hit(actor.pk)
    codes, hashes = _fresh_codes()
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        row = lock_second_factor(user_id=user.pk)
        if user.second_factor_since is not None:
            raise SecondFactorEnabled
        if row is None:
            raise SecondFactorNotStarted
        if not _spend_step(row, code, now=now):
            raise SecondFactorInvalid
        user.second_factor_since = now
        user.save(update_fields=["second_factor_since"])
        _replace_codes(user, hashes)
        end_all_tokens(user=user, now=now)
        _record(actor=user, user=user, what="on")
    SECOND_FACTOR_PER_USER.forget(actor.pk)
    return user, codes


def new_recovery_codes(*, actor: User, code: str, now: dt.datetime) -> list[str]:
    """Ten new ones; the old ones are dead. Raises SecondFactorInvalid, RateLimited."""
    SECOND_FACTOR_PER_USER.hit(actor.pk)
    recovery = recovery_code_of(user_id=actor.pk, code=code)
    codes, hashes = _fresh_codes()
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        spend(user=user, code=code, recovery=recovery, now=now)
        _replace_codes(user, hashes)
        _record(actor=user, user=user, what="codes")
    SECOND_FACTOR_PER_USER.forget(actor.pk)
    return codes


def remove(*, actor: User, current_password: str, code: str, now: dt.datetime) -> User:
    """Turn it off.

    Raises InvalidCredentials, SecondFactorInvalid, SecondFactorRequiredByRole, RateLimited.
    """
    if actor.needs_second_factor:
        raise SecondFactorRequiredByRole
    check_own_password(actor=actor, password=current_password)
    SECOND_FACTOR_PER_USER.hit(actor.pk)
    recovery = recovery_code_of(user_id=actor.pk, code=code)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        if user.needs_second_factor:
            raise SecondFactorRequiredByRole
        spend(user=user, code=code, recovery=recovery, now=now)
        _forget(user)
        _record(actor=user, user=user, what="off")
    SECOND_FACTOR_PER_USER.forget(actor.pk)
    return user


def reset(*, actor: User | None, user_id: int, now: dt.datetime) -> User:
    """Take it from a person who lost it; every sign-in of theirs ends, and a mail tells them.

    `actor` is an admin, or None for the operator at the command line. Raises NotFound,
    CannotModifySelf, PermissionRefused.
    """
    if actor is not None and not actor.is_admin:
        raise PermissionRefused
    with write_transaction():
        user = lock_user(user_id=user_id)
        if actor is not None and actor.pk == user.pk:
            raise CannotModifySelf
        if user.second_factor_since is not None or hasattr(user, "second_factor"):
            _forget(user)
            end_all_tokens(user=user, now=now)
            _record(actor=actor, user=user, what="reset")
            jobs.configure_task(RESET_TASK).defer(user_id=user.pk)
    return user


def recovery_code_of(*, user_id: int, code: str) -> int | None:
    """The person's unused recovery code with this text: its number. Hashes, so under no lock.

    Raises ServiceUnavailable.
    """
    text = _plain(code)
    if len(text) != 2 * 5 or text.isdecimal():
        return None
    for row in RecoveryCode.objects.filter(user_id=user_id, used_at=None):
        if hashing.matches(text, row.code_hash)[0]:
            return row.pk
    return None


def spend(*, user: User, code: str, recovery: int | None, now: dt.datetime) -> None:
    """Use up a code of the locked `user`, which is the app's or the recovery code `recovery`.

    In the caller's transaction. Raises SecondFactorInvalid.
    """
    if user.second_factor_since is None:
        raise SecondFactorInvalid
    if recovery is not None:
        unused = RecoveryCode.objects.filter(pk=recovery, user_id=user.pk, used_at=None)
        if not unused.update(used_at=now):
            raise SecondFactorInvalid
        _record(actor=user, user=user, what="recovery_used")
        return
    row = lock_second_factor(user_id=user.pk)
    if row is None or not _spend_step(row, code, now=now):
        raise SecondFactorInvalid


def _spend_step(row: SecondFactor, code: str, *, now: dt.datetime) -> bool:
    """Whether the code is of this half minute, the one before or after, and of none used before."""
    totp = pyotp.TOTP(unseal(row.secret, purpose=_PURPOSE))
    step = int(now.timestamp()) // STEP_SECONDS
    for candidate in (step - 1, step, step + 1):
        same = hmac.compare_digest(totp.generate_otp(candidate).encode(), _plain(code).encode())
        if same and candidate > row.last_step:
            row.last_step = candidate
            row.save(update_fields=["last_step"])
            return True
    return False


def _set_up(user: User, secret: str) -> SetUp:
    address = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return SetUp(secret=secret, otpauth_uri=address)


def _fresh_codes() -> tuple[list[str], list[str]]:
    plain = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in plain], [hashing.hashed(code) for code in plain]


def _replace_codes(user: User, hashes: list[str]) -> None:
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, code_hash=text) for text in hashes])


def _forget(user: User) -> None:
    SecondFactor.objects.filter(user_id=user.pk).delete()
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    user.second_factor_since = None
    user.save(update_fields=["second_factor_since"])


def _plain(code: str) -> str:
    """As people type it: with spaces, a hyphen, in capitals."""
    return "".join(code.split()).replace("-", "").lower()


def _record(*, actor: User | None, user: User, what: str) -> None:
    record(
        actor=actor,
        entity_type="user",
        entity_id=user.pk,
        action=Action.UPDATE,
        new={"second_factor": what},
    )

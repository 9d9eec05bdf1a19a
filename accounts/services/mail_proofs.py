"""Links that prove a mailbox: made, sent by the worker, known again by their secret."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import uuid

from django.conf import settings
from procrastinate.contrib.django import app as jobs

from accounts.contact_models import MailProof
from accounts.models import User

MAIL_TASK = "accounts.send_mail_proof"
"""Of an app above this one, which keeps the messages."""
LIFE = {
    MailProof.Kind.VERIFY: dt.timedelta(days=7),
    MailProof.Kind.CHANGE: dt.timedelta(hours=24),
    MailProof.Kind.TAKE_BACK: dt.timedelta(hours=24),
}


def owe(*, user: User, kind: MailProof.Kind, email: str, now: dt.datetime) -> None:
    """Have a link sent to `email`, in the caller's transaction."""
    proof = MailProof.objects.create(
        user=user,
        kind=kind,
        email=email,
        secret_hash=uuid.uuid4().hex,
        created_at=now,
        expires_at=now + LIFE[kind],
    )
    proof.secret_hash = hash_of(secret_of(proof=proof))
    proof.save(update_fields=["secret_hash"])
    jobs.configure_task(MAIL_TASK).defer(proof_id=proof.pk)


def secret_of(*, proof: MailProof) -> str:
    """The token of a link, made again from its row, so that no table ever holds it."""
    text = f"mail-proof:{proof.pk}:{proof.kind}:{proof.email}:{proof.created_at.timestamp()}"
    digest = hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def proof_by_token(*, token: str, kind: str, now: dt.datetime) -> MailProof | None:
    """What a link is about, for the page that it opens; None when it is good no more. One query."""
    return (
        MailProof.objects.select_related("user")
        .filter(
            secret_hash=hash_of(token),
            kind=kind,
            used_at=None,
            expires_at__gt=now,
            user__is_active=True,
        )
        .first()
    )

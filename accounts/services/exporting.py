"""Taking out all the shop holds about a person: asked for, made by the worker, kept for a week."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import tempfile
import zipfile
from typing import IO, Any, cast

from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import translation
from procrastinate.contrib.django import app as jobs

from accounts.export_models import DataExport
from accounts.locks import lock_export, lock_user
from accounts.models import User
from accounts.personal_rooms import ROOMS, asked, rooms
from accounts.services.passwords import check_own_password
from audit.services import Action, record
from core.errors import NotFound
from core.limits import EXPORT_PER_USER
from core.transactions import write_transaction

EXPORT_TASK = "accounts.prepare_export"
KEPT = dt.timedelta(days=7)
SAME_WITHIN = dt.timedelta(hours=24)
State = DataExport.State


def ask_export(*, actor: User, current_password: str, now: dt.datetime) -> DataExport:
    """Have a copy made; one on its way, or ready for less than 24 hours, is that one.

    Raises InvalidCredentials, RateLimited (3 a day), ServiceUnavailable.
    """
    check_own_password(actor=actor, password=current_password)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        newest = export_of(actor=user)
        if newest is not None and _still_good(newest, now):
            return newest
        EXPORT_PER_USER.hit(user.pk)
        export = DataExport.objects.create(user=user, requested_at=now)
        jobs.configure_task(EXPORT_TASK).defer(export_id=export.pk)
        record(
            actor=actor,
            entity_type="user",
            entity_id=user.pk,
            action=Action.UPDATE,
            new={"export": "asked"},
        )
    return export


def export_of(*, actor: User) -> DataExport | None:
    """The person's newest copy. One query."""
    return DataExport.objects.filter(user_id=actor.pk).order_by("-pk").first()


def open_export(*, actor: User, now: dt.datetime) -> IO[bytes]:
    """The copy itself. Raises NotFound where it is not ready, or over."""
    export = export_of(actor=actor)
    if export is None or export.state != State.READY or (export.expires_at or now) <= now:
        raise NotFound
    try:
        return cast(IO[bytes], export.file.open("rb"))
    except FileNotFoundError as error:
        raise NotFound from error


def prepare_export(*, export_id: int, now: dt.datetime) -> bool:
    """Make a copy that was asked for; False where it was made before or its person has left."""
    export = DataExport.objects.filter(pk=export_id, state=State.PREPARING).first()
    if export is None:
        return False
    with tempfile.TemporaryFile() as file:
        _write(file, user_id=export.user_id)
        size = file.tell()
        file.seek(0)
        with write_transaction():
            locked = lock_export(export_id=export_id)
            if locked is None or locked.state != State.PREPARING:
                return False
            locked.file.save(f"{secrets.token_hex(16)}.zip", File(file), save=False)
            locked.state, locked.size = State.READY, size
            locked.ready_at, locked.expires_at = now, now + KEPT
            locked.save()
    return True


def expire_exports(*, now: dt.datetime, limit: int = 100) -> int:
    """Remove the files of copies kept for a week; returns how many."""
    over = DataExport.objects.filter(state=State.READY, expires_at__lte=now)[:limit]
    for export in over:
        export.file.delete(save=False)
        DataExport.objects.filter(pk=export.pk).update(state=State.EXPIRED, file="", size=None)
    return len(over)


def _still_good(export: DataExport, now: dt.datetime) -> bool:
    if export.state == State.PREPARING:
        return True
    ready = export.ready_at
    return export.state == State.READY and ready is not None and now - ready < SAME_WITHIN


def _write(file: Any, *, user_id: int) -> None:
    language = User.objects.values_list("language", flat=True).get(pk=user_id)
    with translation.override(language):  # names of things are in it
        data = {
            name.partition(".")[0]: found
            for name, room in zip(ROOMS, rooms(), strict=True)
            if (found := room.take_out(user_id=user_id))
        }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        archive.writestr("data.json", text)
        for what in ("papers", "photos"):
            for name, content in asked(what, user_id=user_id):
                archive.writestr(f"{what}/{name}", content)
        archive.writestr("READ-ME.txt", "\n".join(_read_me(code) for code in ("he", "en")))


def _read_me(language: str) -> str:
    with translation.override(language):
        return render_to_string("accounts/mail/read_me.txt")

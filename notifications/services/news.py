"""Letters of offers: written, and sent once to everybody who agreed to be sent such."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError

from accounts.models import User
from audit.services import Action, record
from core.errors import InvalidInput
from core.text import validate_text
from core.transactions import write_transaction
from notifications.locks import lock_news
from notifications.models import News
from notifications.news_models import TEXT_LENGTH
from notifications.services.outbox import owe_news


@dataclass(frozen=True, kw_only=True)
class NewsData:
    """What a manager types, in both languages."""

    title_he: str
    title_en: str
    text_he: str
    text_en: str


def write_news(*, actor: User, data: NewsData) -> News:
    """Keep a letter, to be read once more before it is sent. Raises InvalidInput."""
    made = News(**asdict(data))
    wrong: dict[str, list[str]] = {}
    try:
        made.clean_fields()
    except ValidationError as error:
        wrong = error.message_dict
    for name, text in asdict(data).items():
        try:
            validate_text(text[:TEXT_LENGTH])
        except ValidationError as error:
            wrong.setdefault(name, []).extend(error.messages)
    if wrong:
        raise InvalidInput(fields=wrong)
    with write_transaction():
        made.save()
        record(
            actor=actor, entity_type="news", entity_id=made.pk, action=Action.CREATE,
            new={"title_he": made.title_he, "title_en": made.title_en},
        )  # fmt: skip
    return made


def send_news(*, actor: User, news_id: int, now: dt.datetime) -> News:
    """Owe it to everybody who agreed; again it changes nothing. Raises NotFound.

    Each goes out by itself, in its reader's language, when their quiet hours are over; who withdraws
    before that gets none.
    """
    with write_transaction():
        row = lock_news(news_id=news_id)
        if row.sent_at is None:
            row.sent_at, row.owed = now, owe_news(news_id=row.pk)
            row.save(update_fields=["sent_at", "owed"])
            record(
                actor=actor, entity_type="news", entity_id=row.pk, action=Action.UPDATE,
                new={"sent": True, "messages": row.owed},
            )  # fmt: skip
    return row

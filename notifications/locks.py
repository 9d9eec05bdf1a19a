"""Row locks of messages."""

from __future__ import annotations

from core.errors import NotFound
from notifications.models import Enquiry, Message, News


def lock_message(*, message_id: int) -> Message:
    """A message, locked. Raises NotFound."""
    found = Message.objects.select_for_update().filter(pk=message_id).first()
    if found is None:
        raise NotFound
    return found


def lock_enquiry(*, enquiry_id: int) -> Enquiry:
    """What somebody asked, locked. Raises NotFound."""
    found = Enquiry.objects.select_for_update().filter(pk=enquiry_id).first()
    if found is None:
        raise NotFound
    return found


def lock_news(*, news_id: int) -> News:
    """A letter of offers, locked. Raises NotFound."""
    found = News.objects.select_for_update().filter(pk=news_id).first()
    if found is None:
        raise NotFound
    return found

"""Questions of the contact page: kept, written down, and handed to the shop's own mailbox."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from procrastinate.contrib.django import app as jobs

from accounts.models import User
from audit.services import Action, record
from core import metrics
from core.limits import Limit
from core.transactions import write_transaction
from notifications.events import EMAIL
from notifications.locks import lock_enquiry
from notifications.models import Enquiry

ASKING = Limit(name="enquiry", count=5, seconds=60 * 60)
KEPT = dt.timedelta(days=182)
TASK = "notifications.send_enquiry"


@dataclass(frozen=True, kw_only=True)
class EnquiryData:
    """What was typed: `topic` is one of Enquiry.Topic, `order_number` as typed, perhaps empty."""

    topic: str
    order_number: str
    email: str
    text: str


def ask(*, actor: User | None, data: EnquiryData, language: str, place: str) -> Enquiry:
    """Keep what somebody asks and have it sent to the shop. `place` is where they call from.

    Raises RateLimited after five within an hour, of one person or of one place.
    """
    ASKING.hit(f"user:{actor.pk}" if actor else f"place:{place}")
    with write_transaction():
        made = Enquiry.objects.create(
            user=actor,
            topic=data.topic,
            order_number=data.order_number,
            email=data.email,
            text=data.text,
            language=language,
        )
        record(
            actor=actor,
            entity_type="enquiry",
            entity_id=made.pk,
            action=Action.CREATE,
            new={"topic": data.topic, "order_number": data.order_number},
        )
        jobs.configure_task(TASK).defer(enquiry_id=made.pk)
    return made


def note_answered(*, actor: User, enquiry_id: int, now: dt.datetime) -> Enquiry:
    """Staff say that it is answered; said again it stays as it was. Raises NotFound."""
    with write_transaction():
        row = lock_enquiry(enquiry_id=enquiry_id)
        if row.answered_at is None:
            row.answered_at = now
            row.save(update_fields=["answered_at"])
            record(
                actor=actor, entity_type="enquiry", entity_id=row.pk, action=Action.UPDATE,
                new={"answered": True},
            )  # fmt: skip
    return row


def send_enquiry(*, enquiry_id: int, now: dt.datetime) -> bool:
    """Mail it to the shop, where an answer goes to whoever asked; whether there was anything to send.

    Raises what the mail backend raises; the job tries again.
    """
    row = Enquiry.objects.filter(pk=enquiry_id, sent_at=None).first()
    if row is None:
        return False
    with translation.override(settings.LANGUAGE_CODE):
        topic = row.get_topic_display()
        text = render_to_string("notifications/enquiry.txt", {"enquiry": row, "topic": topic})
        letter = EmailMessage(
            subject=f"{topic} #{row.pk}",
            body=text,
            to=[settings.CONTACT_EMAIL or settings.DEFAULT_FROM_EMAIL],
            reply_to=[row.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        with metrics.handed_over(EMAIL):
            letter.send()
    Enquiry.objects.filter(pk=row.pk).update(sent_at=now)
    return True


def forget_enquiries(*, now: dt.datetime) -> int:
    """Remove those that are older than half a year; how many."""
    return Enquiry.objects.filter(created_at__lt=now - KEPT).delete()[0]

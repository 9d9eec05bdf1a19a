"""Messages: owed with the change they tell, sent once, in the reader's language."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.tests.factories import person
from core import clock
from core.tests.test_metrics import counted
from notifications import services
from notifications.errors import MailNotSent, Obsolete
from notifications.events import EVENTS
from notifications.models import Message

pytestmark = pytest.mark.django_db

NOW = clock.now()


class ContextOfTests:
    """Stands where an upper app's function would stand."""

    person = "Ada"
    obsolete = False

    def __call__(self, **keys):
        if self.obsolete:
            raise Obsolete
        return {"order": Order(), "path": "/orders/MS-ABCDEFGH/", **keys}


class Order:
    order_number = "MS-ABCDEFGH"
    fulfillment_type = "DELIVERY"
    pickup = None


told = ContextOfTests()


@pytest.fixture(autouse=True)
def _contexts(monkeypatch):
    monkeypatch.setattr(told, "obsolete", False)
    duty = replace(EVENTS["order_canceled"], context=f"{__name__}.told")
    monkeypatch.setitem(EVENTS, "order_canceled", duty)


@pytest.fixture
def ada() -> User:
    return person(email="ada@letters.test", full_name="Ada <b>", language="en")


def owe(user: User, key: str = "k1", **keys) -> None:
    with transaction.atomic():
        services.queue(
            user_id=user.pk,
            kind="order_canceled",
            context={"status": "DELIVERED", **keys},
            dedupe_key=key,
        )


def jobs() -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args ->> 'dedupe_key', lock FROM procrastinate_jobs WHERE task_name = %s",
            ["notifications.deliver"],
        )
        return [{"key": key, "lock": lock} for key, lock in cursor.fetchall()]


def test_a_message_is_owed_in_two_statements(ada, django_assert_num_queries):
    with django_assert_num_queries(2 + 2):  # the transaction's own savepoint is two
        owe(ada)
    (message,) = Message.objects.all()
    assert (message.state, message.context) == ("QUEUED", {"status": "DELIVERED"})
    assert jobs() == [{"key": "k1", "lock": "message:k1"}]


def test_the_same_message_is_owed_once(ada):
    owe(ada)
    owe(ada)
    assert Message.objects.count() == 1


def test_a_change_that_is_rolled_back_owes_nothing(ada):
    with transaction.atomic():
        services.queue(user_id=ada.pk, kind="order_canceled", context={}, dedupe_key="k")
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert jobs() == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_can_be_owed(ada):
    with pytest.raises(RuntimeError):
        services.queue(user_id=ada.pk, kind="order_canceled", context={}, dedupe_key="k")
    assert not Message.objects.exists()


def test_an_unknown_kind_is_a_fault(ada):
    with pytest.raises(KeyError), transaction.atomic():
        services.queue(user_id=ada.pk, kind="of_nobody", context={}, dedupe_key="k")


@pytest.mark.parametrize(
    ("language", "subject", "direction"),
    [("en", "Order MS-ABCDEFGH: delivered", "ltr"), ("he", "הזמנה MS-ABCDEFGH: נמסרה", "rtl")],
)
def test_it_is_sent_once_in_the_readers_language(ada, mailoutbox, language, subject, direction):
    User.objects.filter(pk=ada.pk).update(language=language)
    owe(ada)
    assert services.deliver(dedupe_key="k1", now=NOW)
    assert not services.deliver(dedupe_key="k1", now=NOW)
    (mail,) = mailoutbox
    assert (mail.subject, mail.to) == (subject, ["ada@letters.test"])
    assert "/orders/MS-ABCDEFGH/" in mail.body
    html = mail.alternatives[0].content
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert "style=" not in html
    message = Message.objects.get()
    assert (message.state, message.sent_at, message.attempts) == ("SENT", NOW, 1)


def test_markup_in_a_name_stays_text(ada, mailoutbox):
    owe(ada)
    services.deliver(dedupe_key="k1", now=NOW)
    assert "Ada <b>" in mailoutbox[0].body
    assert "<b>" not in mailoutbox[0].alternatives[0].content


def test_what_is_no_longer_true_is_not_told(ada, mailoutbox):
    owe(ada)
    told.obsolete = True
    assert not services.deliver(dedupe_key="k1", now=NOW)
    assert mailoutbox == []
    assert Message.objects.get().state == "FAILED"


def mails() -> dict[str, float]:
    """What the figures tell of them."""
    return {
        outcome: counted("mami_messages_total", channel="EMAIL", outcome=outcome)
        for outcome in ("sent", "failed", "given_up")
    }


class TestMailThatFails:
    @pytest.fixture(autouse=True)
    def _no_mail_server(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    def test_it_stays_owed_and_is_tried_again(self, ada, settings, mailoutbox):
        owe(ada)
        before = mails()
        with pytest.raises(MailNotSent) as failure:
            services.deliver(dedupe_key="k1", now=NOW)
        assert "ada@" not in str(failure.value)
        assert mails() == before | {"failed": before["failed"] + 1}
        message = Message.objects.get()
        assert (message.state, message.attempts) == ("QUEUED", 1)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert services.deliver(dedupe_key="k1", now=NOW)
        assert mails()["sent"] == before["sent"] + 1

    def test_it_is_given_up_in_the_end(self, ada):
        owe(ada)
        before = mails()
        Message.objects.update(attempts=services.MOST_ATTEMPTS - 1)
        assert not services.deliver(dedupe_key="k1", now=NOW)
        assert Message.objects.get().state == "FAILED"
        assert mails() == before | {"given_up": before["given_up"] + 1}


def test_a_lost_job_is_found_by_the_sweep(ada):
    owe(ada)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    owed_at = Message.objects.get().created_at
    assert services.sweep(now=owed_at) == 0, "young messages have a job on its way"
    assert services.sweep(now=owed_at + dt.timedelta(minutes=2)) == 1
    assert len(jobs()) == 1


def test_the_worker_knows_the_task():
    from procrastinate.contrib.django import app

    assert "notifications.deliver" in app.tasks
    assert "notifications.sweep" in app.tasks
    assert "payments.perform_open_calls" in app.tasks

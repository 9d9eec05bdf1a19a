"""Messages about accounts: through the outbox, once, with no secret in any table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import services
from accounts.callers import Caller
from accounts.services.devices import JUST_OPENED
from accounts.tests.factories import PASSWORD, person, with_password
from core import clock
from notifications import jobs
from notifications.account_words import WORDS
from notifications.errors import DutyMessage
from notifications.events import EVENTS
from notifications.models import Message
from notifications.services import change_preferences, deliver
from notifications.services.preferences import Wishes
from notifications.tests.account_jobs import work_off

pytestmark = pytest.mark.django_db
PHONE = Caller(address="203.0.113.7", family="Chrome on Android")


def subjects(to: str) -> list[str]:
    work_off()
    return [letter.subject for letter in mail.outbox if letter.to == [to]]


def everything() -> str:
    """All that is kept: messages and jobs, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(m::text, ' ') FROM notifications_message m"
            " UNION ALL SELECT string_agg(j::text, ' ') FROM procrastinate_jobs j"
            " UNION ALL SELECT string_agg(r::text, ' ') FROM accounts_mailproof r"
            " UNION ALL SELECT string_agg(p::text, ' ') FROM accounts_passwordreset p"
        )
        return " ".join(str(row[0]) for row in cursor.fetchall())


def test_every_event_has_its_words_and_is_a_duty_by_mail():
    mine = {name: event for name, event in EVENTS.items() if name.startswith("account_")}
    assert set(mine) == set(WORDS)
    for event in mine.values():
        assert (event.duty, event.email, event.sms, event.group) == (True, True, None, "ACCOUNT")


class TestTheLinks:
    def test_registering_owes_one_with_the_headers_of_a_machine(self):
        user = services.register(
            email="noa@mami.test", password="gxkq-4-lemons", full_name="נועה", now=clock.now()
        )
        work_off()
        (letter,) = mail.outbox
        assert letter.to == [user.email]
        assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
        assert "List-Unsubscribe" not in letter.extra_headers
        assert letter.subject == "נא לאשר את הכתובת במאמי"
        (token,) = re.findall(r"/account/verify/([\w-]{43})/", letter.body)
        html = letter.alternatives[0][0]
        assert f"/account/verify/{token}/" in html
        assert '<html lang="he" dir="rtl">' in html
        assert "noa@mami.test" not in letter.subject
        (row,) = Message.objects.filter(user=user)
        assert (row.kind, row.channel, row.state) == ("account_verify", "EMAIL", "SENT")
        kept = everything()
        assert token not in kept
        services.verify_email(token=token, now=clock.now())

    def test_a_change_of_address_writes_to_both_addresses(self):
        user = with_password(language="en")
        services.ask_email_change(
            actor=user, new_email="new@mami.test", current_password=PASSWORD, now=clock.now()
        )
        assert subjects("new@mami.test") == ["Your new address at Mami"]
        assert subjects(user.email) == ["Your address at Mami is being changed"]

    def test_a_job_that_is_done_twice_sends_once(self):
        user = with_password()
        services.verify_again(actor=user, now=clock.now())
        (job,) = ProcrastinateJob.objects.filter(task_name="accounts.send_mail_proof")
        for _ in range(2):
            jobs.send_mail_proof(**job.args)
        (row,) = Message.objects.filter(user=user)
        assert [deliver(dedupe_key=row.dedupe_key, now=clock.now()) for _ in range(2)] == [
            True,
            False,
        ]

    def test_one_that_is_good_no_more_is_dropped(self):
        user = with_password()
        services.verify_again(actor=user, now=clock.now())
        (job,) = ProcrastinateJob.objects.filter(task_name="accounts.send_mail_proof")
        jobs.send_mail_proof(**job.args)
        services.verify_again(actor=user, now=clock.now())
        work_off()
        assert len(mail.outbox) == 1
        states = Message.objects.filter(user=user).order_by("pk").values_list("state", "failure")
        assert list(states) == [("FAILED", "OBSOLETE"), ("SENT", "")]

    def test_a_forgotten_password_costs_the_same_for_nobody(self):
        user = with_password(language="en")
        services.forgot_password(email=user.email, now=clock.now())
        services.forgot_password(email="nobody@mami.test", now=clock.now())
        found = ProcrastinateJob.objects.filter(task_name="accounts.send_password_reset")
        assert found.count() == 2, "the same for both"
        work_off()
        (letter,) = mail.outbox
        (token,) = re.findall(r"/account/reset/([\w-]{43})/", letter.body)
        assert token not in everything()
        services.reset_password(token=token, new_password="other-4-lemons", now=clock.now())
        assert subjects(user.email)[1:] == ["Your password for Mami was changed"]


class TestWhatHappensToAnAccount:
    def test_a_new_password_is_told(self):
        user = with_password(language="he")
        services.change_password(
            actor=user, current_password=PASSWORD, new_password="other-4-lemons", now=clock.now()
        )
        assert subjects(user.email) == ["הסיסמה שלכם במאמי הוחלפה"]
        assert "/account/forgot/" in mail.outbox[0].body

    def test_a_device_not_seen_before_is_told_and_a_known_one_is_not(self):
        now = clock.now()
        user = person(language="en")
        token = services.remember_device(user=user, caller=PHONE, now=now)
        assert subjects(user.email) == [], "the one on which the account was opened"
        known = Caller(address=PHONE.address, family=PHONE.family, device=token)
        services.remember_device(user=user, caller=known, now=now)
        assert subjects(user.email) == []
        services.remember_device(user=user, caller=PHONE, now=now)
        assert subjects(user.email) == ["A new sign-in to Mami"]
        assert "Chrome on Android" in mail.outbox[0].body
        assert PHONE.address not in mail.outbox[0].body

    def test_the_first_device_of_an_old_account_is_told(self):
        user = person(language="en")
        user.created_at = clock.now() - JUST_OPENED
        user.save()
        services.remember_device(user=user, caller=PHONE, now=clock.now())
        assert subjects(user.email) == ["A new sign-in to Mami"]

    def test_signing_in_by_the_page_is_told_and_a_refresh_is_not(self, api, client):
        user = with_password(language="en")
        services.remember_device(user=user, caller=PHONE, now=clock.now())
        client.post("/account/login/", {"email": user.email, "password": PASSWORD})
        assert subjects(user.email) == ["A new sign-in to Mami"]
        answer = api().post("/auth/login", {"email": user.email, "password": PASSWORD}).json()
        assert len(subjects(user.email)) == 2
        fresh = api().post("/auth/refresh", {"refresh_token": answer["data"]["refresh_token"]})
        assert fresh.status_code == 200
        assert len(subjects(user.email)) == 2

    def test_it_cannot_be_switched_off(self):
        user = person()
        wish: Any = {"account_new_sign_in": {"EMAIL": False}}
        with pytest.raises(DutyMessage):
            change_preferences(actor=user, wishes=Wishes(choices=wish), now=clock.now())

    @pytest.mark.django_db(transaction=True)
    def test_the_last_mail_leaves_no_row(self):
        user = with_password(language="en")
        email = user.email
        services.erase_account(actor=user, current_password=PASSWORD, now=clock.now())
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == ([email], "Your account at Mami is erased")
        assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
        assert not Message.objects.filter(user=user).exists()
        assert email not in everything()

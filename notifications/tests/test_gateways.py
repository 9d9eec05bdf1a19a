"""Gateways that answer, refuse, limit, hang and repeat themselves; each message goes out once."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from dataclasses import replace

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.tests.factories import person
from notifications import services
from notifications.errors import MailNotSent
from notifications.events import EVENTS
from notifications.models import Choice, Message
from notifications.services import sending
from notifications.tests.owing import NOON, owe, rows
from tests.api_client import refusal
from tests.races import longest, race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, event in EVENTS.items():
        monkeypatch.setitem(EVENTS, name, replace(event, context="notifications.tests.owing.told"))


class TestGateways:
    def sms(self, ada: User) -> str:
        Choice.objects.create(user=ada, event="order_ready", channel="SMS", is_on=True)
        return owe(ada, "order_ready")

    def test_json_with_a_token_and_the_key_of_the_message(self, ada, gateway, mailoutbox):
        key = self.sms(ada)
        services.deliver(dedupe_key=key, now=NOON)
        (asked,) = gateway.asked
        assert asked["body"]["to"] == "+972542234567"
        assert asked["headers"]["Authorization"] == "Bearer t0k"
        assert asked["key"] == asked["body"]["id"] == f"order_ready:{key}"

    def test_twilios_form(self, ada, gateway, settings, mailoutbox):
        settings.SMS_GATEWAY, settings.SMS_ACCOUNT = "twilio", "AC1"
        services.deliver(dedupe_key=self.sms(ada), now=NOON)
        (asked,) = gateway.asked
        assert asked["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
        assert set(asked["body"]) == {"To", "From", "Body", "StatusCallback"}
        assert asked["headers"]["Authorization"].startswith("Basic ")

    def test_it_is_led_nowhere_else(self, ada, gateway, mailoutbox):
        gateway.answers = [(307, {"Location": f"{gateway.url}/elsewhere"})]
        key = self.sms(ada)
        with pytest.raises(MailNotSent):
            services.deliver(dedupe_key=key, now=NOON)
        assert len(gateway.asked) == 1

    def test_a_bad_number_is_not_tried_again(self, ada, gateway, mailoutbox):
        gateway.answers = [400]
        key = self.sms(ada)
        services.deliver(dedupe_key=key, now=NOON)
        assert rows(key)["SMS"] == "FAILED"
        assert Message.objects.get(dedupe_key=key, channel="SMS").failure == "REFUSED_400"

    def test_a_gateway_that_asks_to_wait_is_waited_for(self, ada, gateway, mailoutbox):
        gateway.answers = [(429, {"Retry-After": "90"})]
        key = self.sms(ada)
        with pytest.raises(MailNotSent):
            services.deliver(dedupe_key=key, now=NOON)
        assert rows(key) == {"EMAIL": "SENT", "SMS": "QUEUED"}
        assert not services.deliver(dedupe_key=key, now=NOON + dt.timedelta(seconds=89))
        assert services.deliver(dedupe_key=key, now=NOON + dt.timedelta(seconds=90))
        assert (len(gateway.sent), len(mailoutbox)) == (1, 1)

    def test_one_that_hangs_breaks_off_or_is_down_is_asked_again_with_the_same_key(
        self, ada, gateway, mailoutbox, settings
    ):
        gateway.answers = ["hang", "break", 503, 200]
        key = self.sms(ada)
        for seconds in (1, 20, 20):  # it hangs in the first of them only
            settings.SMS_TIMEOUT = seconds
            with pytest.raises(MailNotSent) as failure:
                services.deliver(dedupe_key=key, now=NOON)
            assert "0542234567" not in str(failure.value)
        assert services.deliver(dedupe_key=key, now=NOON)
        assert len({asked["key"] for asked in gateway.asked}) == 1
        assert (len(gateway.asked), len(gateway.sent)) == (4, 1)

    def test_receipts_are_signed_repeated_and_out_of_order(self, ada, gateway, mailoutbox, client):
        key = self.sms(ada)
        services.deliver(dedupe_key=key, now=NOON)
        message = Message.objects.get(dedupe_key=key, channel="SMS")

        def tell(status: str, reference: str = "", secret: str = "s3cret") -> int:
            body = json.dumps({"id": reference or message.reference, "status": status}).encode()
            sign = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            return Client(enforce_csrf_checks=True).post(
                "/webhooks/sms/http/", body, content_type="application/json",
                headers={"X-Signature": sign},
            ).status_code  # fmt: skip

        assert tell("delivered", secret="x") == 403
        assert client.post("/webhooks/sms/nobody/").status_code == 404
        assert tell("delivered", reference="unknown") == 200

        def now() -> Message:
            return Message.objects.get(pk=message.pk)

        assert now().delivered_at is None
        assert tell("delivered") == 200
        first = now().delivered_at
        assert first is not None
        for late in ("delivered", "failed", "sent"):
            assert tell(late) == 200
        assert (now().state, now().delivered_at) == ("SENT", first)

    def test_twilios_receipts_are_signed_by_address_and_fields(
        self, ada, gateway, settings, client
    ):
        form = {"MessageSid": "SM1", "MessageStatus": "undelivered"}
        row = Message.objects.create(
            user=ada,
            channel="SMS",
            kind="order_ready",
            dedupe_key="t",
            state="SENT",
            reference="SM1",
        )
        address = "http://testserver/webhooks/sms/twilio/"
        text = address + "".join(f"{name}{form[name]}" for name in sorted(form))
        digest = hmac.new(b"t0k", text.encode(), hashlib.sha1).digest()
        sign = base64.b64encode(digest).decode()
        assert client.post("/webhooks/sms/twilio/", form).status_code == 403
        told = client.post("/webhooks/sms/twilio/", form, headers={"X-Twilio-Signature": sign})
        assert told.status_code == 200
        row.refresh_from_db()
        assert (row.state, row.failure) == ("FAILED", "undelivered")


class TestExactlyOnce:
    def test_a_dead_workers_duty_goes_again_under_its_name_and_other_mail_does_not(
        self, ada, mailoutbox
    ):
        duty, other = owe(ada, "order_canceled"), owe(ada, "order_delivered")
        services.deliver(dedupe_key=duty, now=NOON)
        services.deliver(dedupe_key=other, now=NOON)
        lease = NOON + sending.LEASE
        Message.objects.update(state="SENDING", lease_until=lease)
        assert services.sweep(now=lease - dt.timedelta(seconds=1)) == 0
        services.sweep(now=lease)
        assert rows(duty) == {"EMAIL": "QUEUED"}
        assert rows(other) == {"EMAIL": "UNKNOWN"}
        assert services.deliver(dedupe_key=duty, now=lease)
        names = [mail.extra_headers["Message-ID"] for mail in mailoutbox]
        assert (len(names), len(set(names)), names[0]) == (3, 2, names[2])

    def test_a_failed_one_is_sent_again_once_by_a_manager(self, api, ada, mailoutbox):
        key = owe(ada, "order_canceled")
        row = Message.objects.get(dedupe_key=key)
        mia = person(role=Role.MANAGER)
        address = f"/admin/messages/{row.pk}/resend"
        refusal(api(mia).post(address), 409, "MESSAGE_NOT_FAILED")
        Message.objects.update(state="FAILED", failure="SMTPServerDisconnected")
        made = api(mia).post(address)
        assert made.status_code == 201
        refusal(api(mia).post(address), 409, "MESSAGE_NOT_FAILED")
        refusal(api(mia).post("/admin/messages/999999/resend"), 404, "NOT_FOUND")
        assert services.deliver(dedupe_key=f"again:{row.pk}", now=NOON)
        listed = api(mia).get("/admin/messages?state=FAILED").json()["data"]
        assert [one["id"] for one in listed] == [row.pk]
        assert ada.email not in json.dumps(listed)
        assert api(ada).get("/admin/messages").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_has_the_message(ada, gateway, mailoutbox):
    Choice.objects.create(user=ada, event="order_ready", channel="SMS", is_on=True)
    key = owe(ada, "order_ready")
    results = race([lambda: services.deliver(dedupe_key=key, now=NOON)] * 4)
    assert not [one for one in results if isinstance(one, Exception)]
    assert (len(mailoutbox), len(gateway.asked)) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_it_goes_out_twice(ada, gateway, mailoutbox, monkeypatch):
    read = threading.Barrier(2)

    def unclaimed(message: Message, now: dt.datetime) -> bool:
        read.wait(longest())
        return True

    monkeypatch.setattr(sending, "_claim", unclaimed)
    key = owe(ada, "order_canceled")
    race([lambda: services.deliver(dedupe_key=key, now=NOON)] * 2)
    assert len(mailoutbox) == 2

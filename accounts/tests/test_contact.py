"""Proving a mailbox and a phone, changing the address one signs in with, agreeing to offers."""

from __future__ import annotations

import datetime as dt
import re
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.contact_models import MailProof, PhoneCode
from accounts.errors import (
    CodeInvalid,
    EmailNotVerified,
    EmailTaken,
    InvalidCredentials,
    PhoneNotVerified,
    PhoneRequired,
    VerifyTokenInvalid,
)
from accounts.models import Consent, ConsentKind, User
from accounts.services.consents import VERSIONS, add_consent
from accounts.services.mail_proofs import hash_of
from accounts.services.phone import code_of
from accounts.tests.factories import PASSWORD, person, with_password
from core import clock
from core.errors import NotFound
from core.limits import RateLimited
from notifications.tests.account_jobs import work_off
from tests.races import longest

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def now() -> dt.datetime:
    return clock.now()


def links(mailoutbox: list[Any]) -> dict[str, str]:
    """The tokens of all links owed so far, by address and purpose; each is mailed once."""
    found = {}
    work_off()
    for mail in mailoutbox:
        path, token = re.findall(r"/account/(\S+?)/([\w-]{43})/", mail.body)[0]
        proof = MailProof.objects.filter(secret_hash=hash_of(token), used_at=None).first()
        if proof is not None:
            assert mail.to == [proof.email], path
            found[proof.kind] = token
    return found


def state(user: User) -> tuple[str, bool, str | None]:
    user.refresh_from_db()
    return user.email, user.email_verified, user.pending_email


def sam(now: dt.datetime) -> User:
    return services.register(
        email="sam@mami.test", password="correct horse battery", full_name="Sam", now=now
    )


class TestVerifying:
    def test_registering_sends_one_link_that_works_once_for_seven_days(self, now, mailoutbox):
        user = sam(now)
        token = links(mailoutbox)["VERIFY"]
        assert not MailProof.objects.filter(secret_hash=token).exists()
        for wrong in (token[:-1], token * 2, "", "x"):
            with pytest.raises(VerifyTokenInvalid):
                services.verify_email(token=wrong, now=now)
        with pytest.raises(VerifyTokenInvalid):
            services.verify_email(token=token, now=now + 7 * DAY)
        assert state(user) == ("sam@mami.test", False, None)
        services.verify_email(token=token, now=now + 6 * DAY)
        assert state(user) == ("sam@mami.test", True, None)
        with pytest.raises(VerifyTokenInvalid):
            services.verify_email(token=token, now=now)
        assert services.verify_again(actor=user, now=now) is False

    def test_it_is_sent_again_five_times_an_hour_and_only_the_newest_opens(self, now, mailoutbox):
        user = sam(now)
        old = links(mailoutbox)["VERIFY"]
        for _ in range(5):
            assert services.verify_again(actor=user, now=now)
        with pytest.raises(RateLimited):
            services.verify_again(actor=user, now=now)
        with pytest.raises(VerifyTokenInvalid):
            services.verify_email(token=old, now=now)
        services.verify_email(token=links(mailoutbox)["VERIFY"], now=now)

    def test_registering_keeps_what_was_agreed_to(self, now):
        sam(now)
        kinds = Consent.objects.order_by("kind").values_list("kind", "given", "version")
        assert list(kinds) == [("PRIVACY", True, "2026-11"), ("TERMS", True, "2026-11")]

    def test_the_page_of_the_link_has_a_button_and_only_that_verifies(
        self, client, now, mailoutbox
    ):
        user = sam(now)
        client.cookies["mami_language"] = "en"
        page = reverse("accounts:verify", args=[links(mailoutbox)["VERIFY"]])
        shown = client.get(page)
        assert shown.status_code == 200
        assert b"This address is mine" in shown.content
        assert state(user)[1] is False
        assert client.post(page).status_code == 302
        assert state(user)[1] is True
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 400
        client.force_login(user)
        assert b"Send it again" not in client.get(reverse("accounts:home")).content


class TestChangingTheAddress:
    def test_the_new_address_proves_itself_and_every_sign_in_ends(self, now, mailoutbox, client):
        user = with_password(email="old@mami.test")
        client.force_login(user)
        with pytest.raises(InvalidCredentials):
            services.ask_email_change(
                actor=user, new_email="new@mami.test", current_password="x", now=now
            )
        services.ask_email_change(
            actor=user, new_email="New@mami.test", current_password=PASSWORD, now=now
        )
        assert state(user) == ("old@mami.test", False, "new@mami.test")
        sent = links(mailoutbox)
        with pytest.raises(VerifyTokenInvalid):
            services.confirm_email(token=sent["TAKE_BACK"], now=now)
        with pytest.raises(VerifyTokenInvalid):
            services.confirm_email(token=sent["CHANGE"], now=now + DAY)
        services.confirm_email(token=sent["CHANGE"], now=now)
        assert state(user) == ("new@mami.test", True, None)
        assert client.get(reverse("accounts:profile")).status_code == 302
        with pytest.raises(VerifyTokenInvalid):
            services.confirm_email(token=sent["CHANGE"], now=now)
        # The old address takes it back within 7 days, and whoever is signed in then is out.
        with pytest.raises(VerifyTokenInvalid):
            services.take_back_email(token=sent["TAKE_BACK"], now=now + 7 * DAY)
        client.force_login(user)
        services.take_back_email(token=sent["TAKE_BACK"], now=now + 6 * DAY)
        assert state(user) == ("old@mami.test", True, None)
        assert client.get(reverse("accounts:profile")).status_code == 302

    @pytest.mark.parametrize("signed_in", ["here", "as somebody else", "nobody"])
    def test_the_browser_that_confirms_stays_and_all_others_end(
        self, now, mailoutbox, client, signed_in
    ):
        user, elsewhere = with_password(email="old@mami.test"), Client()
        elsewhere.force_login(user)
        if signed_in != "nobody":
            client.force_login(user if signed_in == "here" else person())
        services.ask_email_change(
            actor=user, new_email="new@mami.test", current_password=PASSWORD, now=now
        )
        page = reverse("accounts:email_confirm", args=[links(mailoutbox)["CHANGE"]])
        there = reverse("accounts:home" if signed_in == "here" else "accounts:login")
        assert client.post(page).url == there
        assert state(user) == ("new@mami.test", True, None)
        profile = reverse("accounts:profile")
        assert client.get(profile).status_code == (302 if signed_in == "nobody" else 200)
        assert elsewhere.get(profile).status_code == 302
        shown = client.get(profile).context
        if signed_in != "nobody":
            assert (shown["user"].pk == user.pk) is (signed_in == "here")

    def test_the_old_address_stops_it_before_it_happens(self, now, mailoutbox):
        user = with_password(email="old@mami.test")
        services.ask_email_change(
            actor=user, new_email="new@mami.test", current_password=PASSWORD, now=now
        )
        sent = links(mailoutbox)
        services.take_back_email(token=sent["TAKE_BACK"], now=now)
        assert state(user) == ("old@mami.test", False, None)
        with pytest.raises(VerifyTokenInvalid):
            services.confirm_email(token=sent["CHANGE"], now=now)

    def test_over_http_with_every_refusal(self, api, now, mailoutbox):
        user, other = with_password(), person()
        body = {"new_email": other.email, "current_password": PASSWORD}
        taken = api(user).post("/me/email", body)
        assert (taken.status_code, taken.json()["error"]["code"]) == (409, "EMAIL_TAKEN")
        wrong = api(user).post("/me/email", {**body, "current_password": "no"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "INVALID_CREDENTIALS")
        assert api(user).post("/me/email", {**body, "new_email": "x"}).status_code == 400
        body["new_email"] = "fresh@mami.test"
        assert api(user).post("/me/email", body).status_code == 202
        assert api(user).get("/me").json()["data"]["pending_email"] == "fresh@mami.test"
        assert api(user).delete("/me/email").status_code == 204
        assert api(user).delete("/me/email").status_code == 204
        assert api(user).get("/me").json()["data"]["pending_email"] is None
        forged = api().post("/auth/confirm-email", {"token": "x" * 43})
        assert (forged.status_code, forged.json()["error"]["code"]) == (
            400,
            "VERIFY_TOKEN_INVALID",
        )
        assert api(user).post("/me/verify-email").status_code == 202
        token = links(mailoutbox)["VERIFY"]
        assert api().post("/auth/verify-email", {"token": token}).status_code == 204
        assert api(user).post("/me/verify-email").status_code == 204
        assert api(user).get("/me").json()["data"]["email_verified"] is True

    def test_the_page_asks_and_withdraws(self, client):
        user = with_password()
        client.cookies["mami_language"] = "en"
        client.force_login(user)
        page = reverse("accounts:email")
        wrong = client.post(page, {"new_email": "a@mami.test", "current_password": "no"})
        assert wrong.status_code == 422
        asked = client.post(
            page, {"new_email": "a@mami.test", "current_password": PASSWORD}, follow=True
        )
        assert b"a@mami.test" in asked.content
        client.post(reverse("accounts:email_withdraw"))
        assert state(user)[2] is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_to_one_address_the_constraint_lets_one(now, mailoutbox):
    people = [with_password(), with_password()]
    tokens = []
    for user in people:
        services.ask_email_change(
            actor=user, new_email="one@mami.test", current_password=PASSWORD, now=now
        )
        tokens.append(links(mailoutbox)["CHANGE"])
        MailProof.objects.filter(kind="CHANGE").update(used_at=now)
    MailProof.objects.update(used_at=None)
    gate, refused = threading.Barrier(2), []

    def confirm(token: str) -> None:
        try:
            gate.wait(longest())
            services.confirm_email(token=token, now=now)
        except EmailTaken:
            refused.append(token)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(longest())
    assert len(refused) == 1
    assert User.objects.filter(email="one@mami.test").count() == 1
    (loser,) = [user for user in people if state(user)[0] != "one@mami.test"]
    assert state(loser)[2] == "one@mami.test", "nothing of the refused change is kept"


def test_control_without_the_constraint_both_have_it(now):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP INDEX user_email_unique")
        for user in (person(), person()):
            User.objects.filter(pk=user.pk).update(email="one@mami.test")
        assert User.objects.filter(email="one@mami.test").count() == 2
        transaction.set_rollback(True)


class TestPhones:
    def test_a_code_proves_the_phone_until_the_phone_changes(self, now, api):
        user = person(phone="+972542234567")
        assert api(user).post("/me/phone/code").status_code == 202
        row = PhoneCode.objects.get()
        code = code_of(row=row)
        assert re.fullmatch("[0-9]{6}", code)
        assert code not in row.code_hash
        wrong = api(user).post("/me/phone/verify", {"code": f"{(int(code) + 1) % 10**6:06}"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "CODE_INVALID")
        with pytest.raises(CodeInvalid):
            services.verify_phone(actor=user, code=code, now=now + dt.timedelta(minutes=11))
        assert api(user).post("/me/phone/verify", {"code": code}).status_code == 204
        assert api(user).get("/me").json()["data"]["phone_verified"] is True
        with pytest.raises(CodeInvalid):
            services.verify_phone(actor=user, code=code, now=now)
        api(user).patch("/me", {"phone": "052-123-4567"})
        assert api(user).get("/me").json()["data"]["phone_verified"] is False

    def test_five_tries_and_three_codes_an_hour(self, now):
        user = person(phone="+972542234567")
        services.send_phone_code(actor=user, now=now)
        code = code_of(row=PhoneCode.objects.get())
        for wrong in [f"{(int(code) + n) % 10**6:06}" for n in range(1, 6)]:
            with pytest.raises(CodeInvalid):
                services.verify_phone(actor=user, code=wrong, now=now)
        with pytest.raises(CodeInvalid):
            services.verify_phone(actor=user, code=code, now=now)
        services.send_phone_code(actor=user, now=now)
        services.send_phone_code(actor=user, now=now)
        with pytest.raises(RateLimited):
            services.send_phone_code(actor=user, now=now)
        user.refresh_from_db()
        assert user.phone_verified is False

    @pytest.mark.parametrize("phone", ["", "+97248550101", "+972721234567"])
    def test_without_a_mobile_there_is_no_code(self, now, phone):
        with pytest.raises(PhoneRequired):
            services.send_phone_code(actor=person(phone=phone), now=now)
        assert not PhoneCode.objects.exists()


class TestOffers:
    def test_agreed_to_withdrawn_and_kept_row_by_row(self, now, api):
        user = person(email_verified=True)
        for given in (True, True, False):
            answer = api(user).put("/me/consents/MARKETING_EMAIL", {"given": given})
            assert answer.json()["data"]["given"] is given
        rows = Consent.objects.order_by("pk").values_list("kind", "given", "face")
        assert list(rows) == [("MARKETING_EMAIL", True, "API"), ("MARKETING_EMAIL", False, "API")]
        (newest,) = api(user).get("/me/consents").json()["data"]
        assert (newest["kind"], newest["given"], newest["version"]) == (
            "MARKETING_EMAIL", False, "2026-11",
        )  # fmt: skip
        assert api(user).put("/me/consents/TERMS", {"given": False}).status_code == 404

    def test_what_nobody_proved_gets_no_offers(self, now):
        user = person()
        with pytest.raises(EmailNotVerified):
            services.set_consent(actor=user, kind="MARKETING_EMAIL", given=True, now=now)
        with pytest.raises(PhoneNotVerified):
            services.set_consent(actor=user, kind="MARKETING_SMS", given=True, now=now)
        with pytest.raises(NotFound):
            services.set_consent(actor=user, kind="PRIVACY", given=False, now=now)
        assert not Consent.objects.exists()

    def test_the_page_never_asks_with_a_tick(self, client):
        user = person(email_verified=True)
        client.force_login(user)
        page = client.get(reverse("accounts:data")).content.decode()
        assert "checked" not in page
        client.post(reverse("accounts:consent", args=["MARKETING_EMAIL"]), {"given": "1"})
        assert Consent.objects.get().given is True
        assert client.post(reverse("accounts:consent", args=["NEWS"])).status_code == 404

    def test_papers_by_mail_are_agreed_to_and_withdrawn_on_the_page(self, client):
        user = person()
        client.force_login(user)
        for given in (True, False):
            client.post(reverse("accounts:consent", args=["DOCUMENTS"]), {"given": int(given)})
            user.refresh_from_db()
            assert user.documents_consent is given
        rows = Consent.objects.order_by("pk").values_list("kind", "given", "face")
        assert list(rows) == [("DOCUMENTS", True, "PAGES"), ("DOCUMENTS", False, "PAGES")]

    def test_who_orders_nothing_is_not_asked_about_papers(self, client):
        user = person(role="EMPLOYEE")
        client.force_login(user)
        address = reverse("accounts:consent", args=["DOCUMENTS"])
        assert address not in client.get(reverse("accounts:data")).content.decode()
        assert client.post(address, {"given": 1}).status_code == 404
        user.refresh_from_db()
        assert user.documents_consent is not True
        assert Consent.objects.count() == 0

    @pytest.mark.parametrize("kind", ConsentKind.values)
    def test_the_text_of_each_kind_stays_readable(self, client, kind):
        user = person()
        with transaction.atomic():
            add_consent(user=user, kind=kind, given=True, now=clock.now())
        client.force_login(user)
        address = f"/help/{kind.lower()}/{VERSIONS[kind]}/"
        assert f'href="{address}"' in client.get(reverse("accounts:data")).content.decode()
        texts = [client.get(begin + address) for begin in ("", "/en")]
        assert [text.status_code for text in texts] == [200, 200]
        assert len({text.content for text in texts}) == 2
        assert client.get(f"/help/{kind.lower()}/1999-01/").status_code == 404

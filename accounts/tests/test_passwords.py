"""What a password may be, how it is hashed, and what a crowd of sign-ins may cost."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import connections

from accounts import hashing, services
from accounts.hashing import Lanes
from accounts.models import Role, User
from accounts.password_words import HEBREW, own_words, shadow
from accounts.services.profile import check_password_rules
from accounts.tests.factories import PASSWORD, person, with_password
from core import clock
from core.admission import PEOPLE
from core.errors import InvalidInput, ServiceUnavailable
from core.places import Gate, WaitingLine, hold
from tests.races import longest

REFUSED = """Passw0rd! password2024 Israel123 Aa123456 P@ssw0rd gan12345 1q2w3e4r welcome123 iloveyou1
    shalom123 Qwerty123! Supermarket1 Summer2026! שלום123 akuo1234 haifa2026 123456789012""".split()
ACCEPTED = [
    "Basket-7261-plum", "gxkq-4-lemons", "correct horse battery", "tel-aviv-99", "ילדה טובה ירושלים",
    "x7" * 32 + "ab-lemon-cloud", "צב ירוק אוכל 77 חסות",
]  # fmt: skip
ARGON2 = ["accounts.hashing.Argon2id", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]


class TestRules:
    @pytest.mark.parametrize("password", REFUSED)
    def test_refused(self, password):
        with pytest.raises(InvalidInput) as refused:
            check_password_rules(password, user=User(full_name="Dana Bar"), field="password")
        assert list(refused.value.details["fields"]) == ["password"]

    @pytest.mark.parametrize("password", ACCEPTED)
    def test_accepted(self, password):
        check_password_rules(password, user=User(full_name="Dana Bar"), field="password")

    def test_the_persons_own_words(self):
        user = User(full_name="Zorblat Quennixovar", email="z.q@mami.test")
        with pytest.raises(InvalidInput):
            check_password_rules("quennixovar19", user=user, field="password")
        check_password_rules("quennixovar19", user=User(), field="password")

    def test_staff_need_twelve_characters(self):
        for role in (Role.EMPLOYEE, Role.MANAGER, Role.ADMIN):
            with pytest.raises(InvalidInput):
                check_password_rules("gxkq-lemons", user=User(role=role), field="password")
            check_password_rules("gxkq-4-lemons", user=User(role=role), field="password")
        check_password_rules("gxkq-lemons", user=User(), field="password")

    def test_a_typed_hebrew_word_has_its_shadow(self):
        assert shadow("שלום") == "akuo"
        assert {"שלום", "akuo", "haifa", "mami"} <= set(own_words())
        assert len(set(HEBREW)) >= 300

    @pytest.mark.parametrize("piece", ["ab", "1", "שלום", "aA1", "qwerty", "p@ss"])
    def test_no_text_takes_long_to_judge(self, piece):
        text = (piece * 128)[:128]
        began = time.process_time()
        with contextlib.suppress(InvalidInput):
            check_password_rules(text, user=User(), field="password")
        assert time.process_time() - began < 1


@pytest.mark.django_db
class TestHashes:
    def test_parameters(self, settings):
        settings.PASSWORD_HASHERS = ARGON2
        assert make_password("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")

    def test_old_ones_are_made_anew_at_the_next_sign_in(self, settings):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        user = person()
        User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD))
        settings.PASSWORD_HASHERS = ARGON2
        services.authenticate(email=user.email, password=PASSWORD, now=clock.now())
        user.refresh_from_db()
        assert "$m=19456,t=2,p=1$" in user.password
        assert identify_hasher(user.password).verify(PASSWORD, user.password)
        before = user.password
        services.authenticate(email=user.email, password=PASSWORD, now=clock.now())
        user.refresh_from_db()
        assert user.password == before

    def test_an_unusable_password_matches_nothing(self):
        for encoded in ("", make_password(None), "nonsense"):
            assert hashing.matches("", encoded) == (False, False)

    def test_somebody_changed_it_between_the_look_and_the_write(self):
        user = with_password()
        stale = User.objects.get(pk=user.pk)
        now = clock.now()
        services.change_password(
            actor=user, current_password=PASSWORD, new_password="kq7-blue-lemon", now=now
        )
        with pytest.raises(Exception, match="INVALID_CREDENTIALS"):
            services.change_password(
                actor=stale, current_password=PASSWORD, new_password="kq8-blue-lemon", now=now
            )


class TestLanes:
    def crowd(self, lanes, size):
        inside, most, codes = [0], [0], []
        lock, gate = threading.Lock(), threading.Barrier(size)

        def one():
            gate.wait(longest())
            try:
                with lanes.lane():
                    with lock:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    hashlike = sum(range(20_000))
                    with lock:
                        inside[0] -= 1
                    codes.append("ok" if hashlike else "")
            except ServiceUnavailable as refusal:
                codes.append(refusal.code)

        threads = [threading.Thread(target=one) for _ in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(longest())
        return most[0], codes

    def test_never_more_at_once(self):
        most, codes = self.crowd(Lanes(at_once=2, most_waiting=64, patience=10), 40)
        assert most <= 2
        assert codes == ["ok"] * 40

    @pytest.mark.parametrize("is_lent", [True, False], ids=["lent", "control"])
    def test_who_computes_holds_no_place_and_no_connection(self, monkeypatch, is_lent):
        """Without lending, as many sign-ins as there are places shut the shelf."""
        monkeypatch.setattr(
            type(connections["default"]), "pool", True
        )  # tests have none to lend of
        if not is_lent:
            monkeypatch.setattr(hashing, "lend_connection", lambda: None)
        gate, computing, over = Gate(1), threading.Event(), threading.Event()

        def compute(_password):
            computing.set()
            over.wait(longest())

        def sign_in():
            assert gate.enter(PEOPLE)
            hold(gate)
            hashing.hashed("x")

        monkeypatch.setattr(hashing, "make_password", compute)
        thread = threading.Thread(target=sign_in)
        thread.start()
        assert computing.wait(longest())
        assert gate.enter(WaitingLine(name="shelves", rank=2, patience=0.05)) is is_lent
        over.set()
        thread.join()

    @pytest.mark.parametrize(("at_once", "most"), [(2, 2), (20, 20)], ids=["lanes", "control"])
    def test_so_many_hashes_stand_in_memory(self, at_once, most):
        """Each is 19 MiB and a processor; without lanes a storm computes all of them at once."""
        lanes = Lanes(at_once=at_once, most_waiting=64, patience=30)
        inside, seen, lock = [0], [0], threading.Lock()
        all_came = threading.Barrier(most)

        def compute():
            with lanes.lane():
                with lock:
                    inside[0] += 1
                    seen[0] = max(seen[0], inside[0])
                all_came.wait(longest())  # as many as may be in are in
                with lock:
                    inside[0] -= 1

        threads = [threading.Thread(target=compute) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(longest())
        assert seen[0] == most

    def test_one_too_many_is_refused_at_once_and_a_patient_one_after_its_time(self):
        lanes = Lanes(at_once=1, most_waiting=1, patience=0.05)
        with lanes.lane():
            first = threading.Thread(target=self.crowd, args=(lanes, 1))
            with pytest.raises(ServiceUnavailable):
                lanes._enter()  # waits in vain
            first.start()
            first.join(5)
            assert lanes.waiting == 0
        full = Lanes(at_once=1, most_waiting=0, patience=10)
        with full.lane():
            began = time.monotonic()
            with pytest.raises(ServiceUnavailable):
                full._enter()
            assert time.monotonic() - began < 5

"""What the probes say, to whom, and that they cost nothing."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from runtime import probes
from runtime.probes import Health, Prober
from runtime.run.tests.conftest import patience

WELL = {"database": "ok", "migrations": "ok", "worker_age": 3.0, "has_goods": True}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch):
    """Let the prober have seen something."""

    def says(**values: object) -> None:
        prober = Prober()
        prober._health = Health(**{"at": time.monotonic(), **WELL, **values})
        prober._first.set()
        monkeypatch.setattr(prober, "start", lambda: None)
        monkeypatch.setattr(probes, "prober", prober)

    says()
    return says


@pytest.fixture
def anybody() -> Client:
    return Client(headers={"Host": "10.1.2.3:8000"})


def ask(client: Client, name: str) -> tuple[int, dict]:
    answer = client.get(f"/health/{name}")
    return answer.status_code, answer.json()


class TestReady:
    def test_well(self, seen, anybody) -> None:
        status, body = ask(anybody, "ready")
        assert (status, body["status"]) == (200, "ok")
        assert body["checks"] == dict.fromkeys(
            ("database", "migrations", "disk", "stopping", "worker"), "ok"
        )

    @pytest.mark.parametrize(
        ("values", "check", "word"),
        [
            ({"database": "refused"}, "database", "refused"),
            ({"at": time.monotonic() - 3600}, "database", "silent"),
            ({"migrations": "behind"}, "migrations", "behind"),
        ],
    )
    def test_what_stops_selling_is_503(self, seen, anybody, values, check, word) -> None:
        seen(**values)
        status, body = ask(anybody, "ready")
        assert (status, body["status"], body["checks"][check]) == (503, "unavailable", word)

    @pytest.mark.parametrize("age", [61.0, None])
    def test_a_silent_worker_is_degraded_and_still_sells(self, seen, anybody, age) -> None:
        seen(worker_age=age)
        status, body = ask(anybody, "ready")
        assert (status, body["status"], body["checks"]["worker"]) == (200, "degraded", "late")

    def test_a_full_disk_is_degraded(self, seen, anybody, monkeypatch) -> None:
        monkeypatch.setattr(probes, "LEAST_FREE", 1.1)
        status, body = ask(anybody, "ready")
        assert (status, body["status"], body["checks"]["disk"]) == (200, "degraded", "full")

    def test_stopping_is_said_at_once(self, seen, anybody) -> None:
        probes.say_stopping()
        try:
            status, body = ask(anybody, "ready")
            assert (status, body["checks"]["stopping"]) == (503, "stopping")
            assert ask(anybody, "live")[0] == 200
        finally:
            probes._stopping[0] = 0


class TestStart:
    def test_once_and_from_then_on_as_live(self, seen, anybody, monkeypatch) -> None:
        monkeypatch.setattr(probes, "_started", type(probes._started)())
        monkeypatch.setattr(probes, "_has_static_files", lambda: False)
        assert ask(anybody, "start")[0] == 503
        monkeypatch.setattr(probes, "_has_static_files", lambda: True)
        seen(database="refused")
        assert ask(anybody, "start")[0] == 503
        seen(has_goods=False)
        assert ask(anybody, "start")[0] == 503
        assert ask(anybody, "ready")[0] == 200
        seen()
        assert ask(anybody, "start")[0] == 200
        seen(database="refused")
        assert ask(anybody, "start") == (200, {"status": "ok"})


@pytest.mark.django_db
class TestRealDatabase:
    def test_the_prober_sees_it(self, transactional_db, client, django_assert_num_queries) -> None:
        probes.prober.start()
        with django_assert_num_queries(0):
            status, body = ask(client, "ready")
            assert client.get("/api/v1/health").status_code == 200
        assert status == 200
        assert (body["checks"]["database"], body["checks"]["migrations"]) == ("ok", "ok")
        assert body["checks"]["worker"] == "late"
        assert not probes.prober.health().has_goods

    def test_the_api_says_so_when_it_does_not_answer(self, seen, client) -> None:
        seen(database="refused")
        began = time.monotonic()
        answer = client.get("/api/v1/health")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer["Retry-After"]) > 0
        assert time.monotonic() - began < 2 * patience()


def test_they_name_nothing_and_answer_reads_only(seen, anybody, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = anybody.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert settings.VERSION not in anybody.get("/health/ready").content.decode()
    assert not answer.cookies
    assert anybody.post("/health/live").status_code == 405

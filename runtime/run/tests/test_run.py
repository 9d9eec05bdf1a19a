"""`make run`: opened with one command, kept open, closed without a trace.

The tests follow one shop through its life, so they run in this order and share its folder.
"""

import json
import os
import signal
import socket
import time
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest

from runtime.embedded import Cluster
from runtime.environment import Environment
from runtime.run.startup import CLOSING_SECONDS, open_door
from runtime.run.tests.conftest import Opened, opened, patience, until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("run")]


def test_first_start_opens_a_filled_shop_and_closes_it(var: Path) -> None:
    def said(program: str) -> list[str]:
        return (var / "log" / f"{program}.log").read_text().splitlines()

    with opened(var) as shop:
        shop.until_open(seconds=200 * patience())
        assert shop.healthy()
        assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
        assert len(shop.pids("procrastinate worker")) == 1
        assert len(shop.pids("gunicorn")) == 3
        until(lambda: len(said("worker")) > 2, seconds=60 * patience())
        shop.process.send_signal(signal.SIGTERM)
        assert shop.until_ended() < 5 * patience()
        assert shop.process.returncode == 0
        assert shop.processes() == {}
    # From the first word to the last, the port of the worker's figures taken or not.
    for lines in (said("web"), said("worker")):
        assert len(lines) > 2
        assert all({"event", "level", "timestamp"} <= set(json.loads(line)) for line in lines)


def test_second_start_is_quick_and_ctrl_c_closes(var: Path) -> None:
    with opened(var) as shop:
        assert shop.until_open(seconds=200 * patience()) < 10 * patience()
        assert shop.refuses("/api/v1/products/search?q=" + "a" * 9000) == (414, "URI_TOO_LONG")
        assert "Filling the shelves" not in shop.said
        assert "Collecting static files" not in shop.said
        os.killpg(shop.process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        assert shop.until_ended() < 5 * patience()
        assert shop.processes() == {}


def figures(shop: Opened) -> str:
    """The sum of what all web processes have counted."""
    asked = Request(
        f"http://127.0.0.1:{shop.port}/metrics", headers={"Authorization": "Bearer figures-please"}
    )
    with urlopen(asked, timeout=5 * patience()) as answer:
        return str(answer.read().decode())


def test_make_passes_the_end_on(var: Path) -> None:
    left_by_a_killed_shop = var / "metrics" / "999999999"
    left_by_a_killed_shop.mkdir(parents=True)
    with opened(var, ["make", "run"], MAMI_METRICS_TOKEN="figures-please") as shop:
        shop.until_open(seconds=200 * patience())
        assert not left_by_a_killed_shop.exists()
        asked = 'mami_requests_total{method="GET",route="api:health",status="200"}'
        until(lambda: asked in figures(shop), seconds=5 * patience())  # counted after its answer
        shop.process.send_signal(signal.SIGTERM)
        taken = shop.until_ended()
        assert taken < 5 * patience()
        until(lambda: shop.processes() == {}, seconds=5 * patience())
        # On a busy machine the web server may be killed before it is through, and leaves its own.
        assert taken >= CLOSING_SECONDS or list((var / "metrics").iterdir()) == []


def test_what_is_killed_comes_back_and_without_its_supervisor_nothing_stays(var: Path) -> None:
    with opened(var) as shop:
        shop.until_open(seconds=200 * patience())

        masters = set(shop.pids("gunicorn"))
        master = min(masters)
        os.kill(master, signal.SIGKILL)
        until(lambda: master not in shop.processes(), seconds=1 * patience())
        until(shop.healthy, seconds=5 * patience())
        until(lambda: not masters & set(shop.pids("gunicorn")), seconds=10 * patience())

        (worker,) = shop.pids("procrastinate worker")
        os.kill(worker, signal.SIGKILL)
        until(
            lambda: shop.pids("procrastinate worker") not in ([worker], []), seconds=10 * patience()
        )

        server = shop.cluster.running_pid()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        until(lambda: shop.cluster.running_pid() not in (server, None), seconds=10 * patience())
        until(shop.healthy, seconds=10 * patience())

        needed, away = shop.cluster.data / "pg_hba.conf", shop.cluster.data / "away"
        needed.rename(away)  # as a full disk: it does not start, and the shop waits for it
        os.kill(shop.cluster.running_pid() or 0, signal.SIGKILL)
        until(lambda: "We go on trying." in shop.said, seconds=40 * patience())
        assert shop.pids("gunicorn")
        away.rename(needed)
        until(shop.healthy, seconds=40 * patience())

        shop.process.kill()
        until(lambda: shop.processes() == {}, seconds=8 * patience())


def test_a_killed_make_leaves_nothing(var: Path) -> None:
    with opened(var, ["make", "run"]) as shop:
        shop.until_open(seconds=200 * patience())
        shop.process.kill()
        until(lambda: shop.processes() == {}, seconds=8 * patience())


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_make_that_ends_while_the_database_starts_leaves_nothing(
    var: Path, end: signal.Signals
) -> None:
    """As `timeout make run` ends it: the group is told, or nobody is."""
    with opened(var, ["make", "run"]) as shop:
        until(lambda: shop.pids("pg_ctl") or shop.pids("postgres"), seconds=30 * patience())
        if end == signal.SIGTERM:
            os.killpg(shop.process.pid, end)
        else:
            (supervisor,) = shop.pids(" -m runtime.run ")
            os.kill(supervisor, end)
            shop.process.kill()
        until(lambda: shop.processes() == {}, seconds=10 * patience())


def test_the_end_may_come_at_any_moment_of_the_start(var: Path) -> None:
    for moment in (0.1, 0.4, 0.8, 1.5):
        with opened(var) as shop:
            time.sleep(moment)
            shop.process.send_signal(signal.SIGTERM)
            assert shop.until_ended() < 6 * patience(), moment
            until(lambda: shop.processes() == {}, seconds=5 * patience())


def test_two_shops_may_share_the_database(var: Path) -> None:
    with opened(var) as first, opened(var) as second:
        first.until_open(seconds=200 * patience())
        second.until_open(seconds=200 * patience())
        first.process.send_signal(signal.SIGTERM)
        first.until_ended()
        assert second.cluster.is_ready()
        assert second.healthy()


def refusal(var: Path, **variables: str) -> Opened:
    with opened(var, **variables) as shop:
        shop.until_ended(seconds=90 * patience())
        assert shop.process.returncode == 2
        assert shop.processes() == {}
        assert "Traceback" not in shop.said
        return shop


def test_a_taken_port_is_one_sentence(var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} is taken" in refusal(var, PORT=port).said


@pytest.mark.parametrize("port", ["eighty", "0"])
def test_a_port_that_is_none_is_one_sentence(var: Path, port: str) -> None:
    assert f"PORT={port} is not a port" in refusal(var, PORT=port).said


@pytest.mark.parametrize("port", ["70000", "-1", "80 01"])
def test_what_no_port_is(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit):
        open_door()
    assert "is not a port" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_sentence(var: Path) -> None:
    blocked = var / "secret_key" / "var"
    assert f"the folder {blocked} cannot be written" in refusal(var, MAMI_VAR=str(blocked)).said


def test_a_database_of_another_kind_is_one_sentence(var: Path) -> None:
    said = refusal(var, DATABASE_URL="mysql://db.example/mami").said
    assert "DATABASE_URL is not the address of a PostgreSQL database" in said


def test_a_malformed_variable_is_one_sentence(var: Path) -> None:
    assert "LOCK_TIMEOUT_MS has a malformed value" in refusal(var, LOCK_TIMEOUT_MS="soon").said


def test_a_switch_is_on_or_off_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, meaning in {"1": True, "True": True, "0": False, "off": False, "": False}.items():
        monkeypatch.setenv("MAMI_HTTPS", text)
        assert Environment().bool("MAMI_HTTPS", default=True) is meaning
    monkeypatch.setenv("MAMI_HTTPS", "ture")
    with pytest.raises(SystemExit):
        Environment().bool("MAMI_HTTPS", default=False)
    assert "MAMI_HTTPS is neither 1 nor 0" in capsys.readouterr().err


def test_a_web_server_that_cannot_start_is_said_with_its_last_words(var: Path) -> None:
    said = refusal(var, WEB_THREADS="many").said
    assert "the web server does not start; look at" in said
    assert "WEB_THREADS has a malformed value" in said


def test_what_every_step_stumbles_over_is_said_without_a_traceback(var: Path) -> None:
    assert "WEB_WORKERS has a malformed value" in refusal(var, WEB_WORKERS="many").said


def test_a_database_that_does_not_answer_is_one_sentence(var: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"postgresql://shop@127.0.0.1:{unused.getsockname()[1]}/mami"
        said = refusal(var, DATABASE_URL=address).said
    assert "does not answer" in said
    assert "DATABASE_URL" in said


def test_data_of_another_version_is_refused_with_the_recipe(var: Path) -> None:
    version = var / "postgres" / "data" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    try:
        assert "made by PostgreSQL 14" in refusal(var).said
    finally:
        version.write_text(made_by)


def test_a_database_of_a_newer_shop_is_refused(var: Path) -> None:
    cluster = Cluster(var / "postgres")

    def ask(query: str) -> None:
        with cluster.held(), psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute(query)

    row = "('catalog', '9999_from_the_future', now())"
    ask(f"INSERT INTO django_migrations (app, name, applied) VALUES {row}")
    try:
        assert "last used by a newer version of Mami" in refusal(var).said
        assert cluster.running_pid() is None
    finally:
        ask("DELETE FROM django_migrations WHERE name = '9999_from_the_future'")

"""Bad days of a running shop, in their short form: strangers who drip, guess and storm, a database
that freezes, a crowd, a worker that stops. Each with what shows it without the protection.

The figures are for a machine that does nothing else; `patience` stretches them on a busy one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime.run.tests.conftest import Opened, patience, until
from tests.drills.bare_server import answered, serving
from tests.drills.readers import Reading, read

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad-days")]
PASSWORD = "violin under seven moons"


def ask(
    shop: Opened, path: str, body: Any = None, *, place: str = "192.0.2.1", device: str = "",
    timeout: float = 60,
) -> tuple[int, dict[str, Any], float]:  # fmt: skip
    """Status, JSON and seconds of an answer."""
    headers = {"X-Forwarded-For": place, "Content-Type": "application/json"}
    if device:
        headers["X-Device-Token"] = device
    request = urllib.request.Request(
        f"http://127.0.0.1:{shop.port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers=headers,
    )
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, content = answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        status, content = refused.code, refused.read()
    taken = time.monotonic() - began
    return status, json.loads(content) if content[:1] == b"{" else {}, taken


class TestGuessing:
    """D19: the worked example, its counters shared by two processes. Whom counting by name alone
    locks out is in `accounts/tests/test_guessing.py`.
    """

    def sign_in(self, shop: Opened, password: str, **where: str) -> int:
        body = {"email": "noa@mami.test", "password": password}
        return ask(shop, "/api/v1/auth/login", body, **where)[0]

    def test_nobody_locks_the_right_person_out(self, shop: Opened) -> None:
        new = {"email": "noa@mami.test", "password": PASSWORD, "full_name": "Noa Levi"}
        status, answer, _ = ask(shop, "/api/v1/auth/register", new, place="203.0.113.7")
        assert status == 201
        device = answer["data"]["device_token"]
        guesses = [self.sign_in(shop, "wrong", place=f"198.51.100.{n}") for n in range(1, 11)]
        assert guesses == [401] * 10
        assert self.sign_in(shop, "wrong", place="198.51.100.11") == 429
        assert self.sign_in(shop, PASSWORD, place="198.51.100.12") == 429
        assert self.sign_in(shop, PASSWORD, place="203.0.113.7") == 200
        assert self.sign_in(shop, PASSWORD, place="198.51.100.13", device=device) == 200
        forged = device[:10] + ("A" if device[10] != "A" else "B") + device[11:]
        assert self.sign_in(shop, PASSWORD, place="198.51.100.13", device=forged) == 429
        wrong = [self.sign_in(shop, "x", place="198.51.100.14", device=device) for _ in range(10)]
        assert wrong == [401] * 10
        assert self.sign_in(shop, PASSWORD, place="198.51.100.14", device=device) == 429
        assert self.sign_in(shop, PASSWORD, place="203.0.113.7") == 200


def memory(shop: Opened) -> int:
    """MB that the web processes hold together."""
    status = [Path(f"/proc/{pid}/status").read_text() for pid in shop.pids("gunicorn")]
    return sum(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) for text in status) // 1024


class TestStorm:
    """D18: ninety-nine sign-ins at once; fewer on a machine that has less to give. What shows them
    without lanes and lending is in `accounts/tests/test_passwords.py`.
    """

    def test_all_are_answered_and_the_shelf_stays_open(self, shop: Opened) -> None:
        answers: list[tuple[int, float]] = []
        before, number = memory(shop), max(6, int(99 / patience() ** 2))

        def sign_in(n: int) -> None:
            body = {"email": f"storm{n}@mami.test", "password": "some wrong words"}
            status, _, taken = ask(shop, "/api/v1/auth/login", body, place=f"192.0.2.{n + 2}")
            answers.append((status, taken))

        threads = [threading.Thread(target=sign_in, args=(n,)) for n in range(number)]
        for thread in threads:
            thread.start()
        shelf = [ask(shop, "/api/v1/products/search?q=milk") for _ in range(5)]
        for thread in threads:
            thread.join(120 * patience())
        assert Counter(status for status, _ in answers) == {401: number}
        assert max(taken for _, taken in answers) < 6 * patience()
        assert {status for status, _, _ in shelf} == {200}
        assert memory(shop) - before < 3 * 80, "MB of the master and two processes"


class TestCrowd:
    """D9, short: more readers than can be served. The long form has orders and a picker, and a
    control without lines.
    """

    def test_the_shelf_gives_way_and_money_and_probes_do_not(self, shop: Opened) -> None:
        seen: list[Reading] = []
        crowd = threading.Thread(
            target=lambda: seen.append(
                read(shop.port, readers=max(60, int(300 / patience())), seconds=5)
            )
        )
        crowd.start()
        money: list[int] = []
        while crowd.is_alive():
            money.append(ask(shop, "/api/v1/admin/users")[0])  # let in, and then asked who they are
            crowd.join(0.3)
        (full,) = seen
        assert full.wrong() == []
        assert set(money) == {401}, "money and hands wait eight seconds, before everybody else"
        assert full.said[200] > 0
        assert full.said[503] > 0 or full.waited(0.99) < 2 * patience(), full
        assert full.waited(1, 503) < 1.5 * patience()
        assert full.slowest_live < 0.5 * patience()


class TestStoppedWorker:
    """D20, short: a worker that stands still and was not heard of for a minute."""

    def heartbeat(self, shop: Opened, *, seconds_ago: int) -> None:
        with psycopg.connect(shop.cluster.url()) as office:
            office.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - %s * interval '1s'",
                [seconds_ago],
            )

    def state(self, shop: Opened) -> tuple[int, str, str]:
        status, body, _ = ask(shop, "/health/ready")
        return status, body["status"], body["checks"]["worker"]

    def test_ready_is_degraded_and_what_waited_is_done_on_its_return(self, shop: Opened) -> None:
        until(lambda: self.state(shop) == (200, "ok", "ok"), seconds=30 * patience())
        (worker,) = shop.pids("procrastinate worker")
        os.kill(worker, signal.SIGSTOP)
        try:
            new = {"email": "late@mami.test", "password": PASSWORD, "full_name": "Late"}
            assert ask(shop, "/api/v1/auth/register", new)[0] == 201
            assert ask(shop, "/api/v1/auth/forgot-password", {"email": new["email"]})[0] == 202
            assert self.state(shop) == (200, "ok", "ok"), "not late yet"
            self.heartbeat(shop, seconds_ago=61)
            late = (200, "degraded", "late")
            until(lambda: self.state(shop) == late, seconds=10 * patience())
            waiting = len(list((shop.var / "mail").glob("*")))
        finally:
            os.kill(worker, signal.SIGCONT)
        until(lambda: self.state(shop) == (200, "ok", "ok"), seconds=30 * patience())
        until(lambda: len(list((shop.var / "mail").glob("*"))) > waiting, seconds=30 * patience())


class TestFrozenDatabase:
    """D17: every process of the database server stopped, then thawed. What waits without the watchman
    is in `core/tests/test_watchman.py`.
    """

    def freeze(self, shop: Opened) -> list[int]:
        """The one that makes processes first: whom it made after a look around would stay awake."""
        master = shop.cluster.running_pid()
        assert master is not None
        os.kill(master, signal.SIGSTOP)
        until(
            lambda: Path(f"/proc/{master}/stat").read_text().rpartition(")")[2].split()[0] == "T",
            seconds=5 * patience(),
        )
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in map(int, children):
            os.kill(pid, signal.SIGSTOP)
        return [master, *map(int, children)]

    def test_nobody_waits_for_ever_and_all_is_well_afterwards(self, shop: Opened) -> None:
        assert ask(shop, "/health/ready")[0] == 200
        frozen = self.freeze(shop)
        began = time.monotonic()
        waits: list[tuple[int, float]] = []
        try:
            reader = threading.Thread(
                target=lambda: waits.append(ask(shop, "/api/v1/products/search?q=bread")[::2])
            )
            reader.start()
            # Each process asks for itself; the last of them is wrong for seven seconds at most.
            all_know = began + 8 * patience()
            until(lambda: ask(shop, "/health/ready")[0] == 503, seconds=8 * patience())
            while reader.is_alive() or time.monotonic() < all_know:
                status, _, taken = ask(shop, "/health/live")
                assert (status, taken < 0.5 * patience()) == (200, True)
                asked = time.monotonic()
                status, _, taken = ask(shop, "/api/v1/health")
                assert taken < 2 * patience()
                assert status == 503 or (status == 200 and asked < all_know)
                time.sleep(0.5)
            reader.join(30 * patience())
        finally:
            for pid in reversed(frozen):  # the master last: it buries who had ended in the frost
                os.kill(pid, signal.SIGCONT)
        thawed = time.monotonic()
        assert [status for status, _ in waits] == [503]
        assert waits[0][1] < 13 * patience()
        until(
            lambda: ask(shop, "/api/v1/products/search?q=bread")[0] == 200, seconds=20 * patience()
        )
        until(lambda: ask(shop, "/health/ready")[0] == 200, seconds=20 * patience())
        assert time.monotonic() - thawed < 5 * patience() + 2


class TestDripping:
    """D10, without a proxy in front: sockets that send a byte a second."""

    def under_drips(self, folder: Path, worker: str, *, within: float) -> bool:
        """Whether a probe is answered in time while 24 sockets drip on 8 threads."""
        with serving(folder, worker) as (port, _master):
            drips = [socket.create_connection(("127.0.0.1", port)) for _ in range(24)]
            over = threading.Event()

            def drip() -> None:
                for drop in drips:
                    drop.sendall(b"GET / HTTP/1.1\r\nX: ")
                while not over.wait(1):
                    for drop in drips:
                        try:
                            drop.sendall(b"x")
                        except OSError:
                            continue

            thread = threading.Thread(target=drip)
            thread.start()
            try:
                return answered(port, within=within)
            finally:
                over.set()
                thread.join()
                for drop in drips:
                    drop.close()

    def test_they_cost_twenty_seconds(self, tmp_path: Path) -> None:
        assert self.under_drips(tmp_path, "runtime.serving.Worker", within=20 * patience())

    def test_control_gunicorns_own_worker_waits_for_ever(self, tmp_path: Path) -> None:
        assert not self.under_drips(tmp_path, "gthread", within=20)

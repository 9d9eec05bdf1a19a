"""A worker whose database was away goes on with it, without a supervisor and soon."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.conf import settings
from procrastinate import PsycopgConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from mami.job_connections import JobConnections
from runtime.run.tests.conftest import free_port, patience

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AWAY_SECONDS, LONGEST_GAP = 7.5, 3.5  # by itself a pool tries after 1, 3, 7 and 15 seconds


class Door:
    """A port through which the tests' database is reached while it is open."""

    def __init__(self) -> None:
        self.port = free_port()
        self._lines: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._let_in, "127.0.0.1", self.port)

    async def shut(self) -> None:
        """Nobody comes in, and who is in is thrown out."""
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = settings.DATABASES["default"]["HOST"], settings.DATABASES["default"]["PORT"]
        there, back = (
            await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port or 5432}")
            if host.startswith("/")
            else await asyncio.open_connection(host, port)
        )
        self._lines += [writer, back]
        for one in (_carried(reader, back), _carried(there, writer)):
            task = asyncio.create_task(one)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _carried(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await source.read(65536):
            to.write(some)
            await to.drain()
    to.close()


@contextlib.asynccontextmanager
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    made = Door()
    through = connector_params() | {"host": "127.0.0.1", "port": made.port}
    monkeypatch.setattr("mami.job_connections.connector_params", lambda: through)
    try:
        yield made
    finally:
        await made.shut()


def test_who_begins_while_it_is_away_does_not_wait_long_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def waited() -> float:
        async with door(monkeypatch) as made:
            jobs = JobConnections()
            opening = asyncio.create_task(jobs.open_async())
            await asyncio.sleep(AWAY_SECONDS)
            await made.open()
            began = time.monotonic()
            await opening
            assert await jobs.execute_query_one_async("SELECT 1 AS one") == {"one": 1}
            took = time.monotonic() - began
            await jobs.close_async()
            return took

    assert asyncio.run(waited()) < LONGEST_GAP * patience()


def test_who_works_when_it_goes_away_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking before it is back, the one question waits for its answer; the ear hears again."""

    async def story() -> tuple[float, list[str]]:
        heard: list[str] = []

        async def hear(*, channel: str, payload: str) -> None:
            heard.append(payload)

        async with door(monkeypatch) as made:
            await made.open()
            jobs = JobConnections()
            await jobs.open_async()
            ear = asyncio.create_task(jobs.listen_notify(hear, ["a_channel_of_the_tests"]))
            await asyncio.sleep(0.5)
            await made.shut()
            asked = asyncio.create_task(jobs.execute_query_one_async("SELECT 1 AS one"))
            await asyncio.sleep(AWAY_SECONDS)
            await made.open()
            began = time.monotonic()
            assert await asked == {"one": 1}
            took = time.monotonic() - began
            while not heard and time.monotonic() < began + LONGEST_GAP * patience():
                await jobs.execute_query_async(
                    "SELECT pg_notify('a_channel_of_the_tests', '{\"type\": \"job_inserted\"}')"
                )
                await asyncio.sleep(0.2)
            assert not ear.done()
            ear.cancel()
            await jobs.close_async()
            return took, heard

    took, heard = asyncio.run(story())
    assert took < LONGEST_GAP * patience()
    assert heard


def test_control_an_ear_that_nobody_opens_again_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> Any:
        async def hear(*, channel: str, payload: str) -> None:
            """Nothing comes."""

        async with door(monkeypatch) as made:
            await made.open()
            jobs = PsycopgConnector(
                kwargs=connector_params() | {"host": "127.0.0.1", "port": made.port}
            )
            await jobs.open_async()
            ear = asyncio.create_task(jobs.listen_notify(hear, ["a_channel_of_the_tests"]))
            await asyncio.sleep(0.5)
            await made.shut()
            with pytest.raises(ConnectorException):
                await asyncio.wait_for(ear, 20)
            await jobs.close_async()

    asyncio.run(story())

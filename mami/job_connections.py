"""The worker's own connections: those by which it takes jobs, says that it lives and hears of new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from runtime.environment import RECONNECT_SECONDS

log = structlog.get_logger("mami.worker")
LISTEN_AGAIN_SECONDS = 1.0


class JobConnections(PsycopgConnector):
    """Looks every other second for a database that was lost, for as long as the worker lives.

    procrastinate's own pool doubles its pauses for minutes, and its ear, when nobody answers, ends the worker.
    """

    def __init__(self) -> None:
        super().__init__(
            kwargs=connector_params(),
            reconnect_timeout=RECONNECT_SECONDS,
            # A pool that gave up is woken by the next who asks; here the one who asks may wait already.
            reconnect_failed=AsyncConnectionPool.check,
        )

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Hear of new jobs. While nobody answers the worker asks every five seconds anyway."""
        while True:
            try:
                await super().listen_notify(on_notification, channels)
            except ConnectorException as error:
                log.warning("worker_does_not_hear", error=type(error.__cause__).__name__)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

"""The real Redis, for tests and drills."""

from __future__ import annotations

import subprocess
from pathlib import Path

import redis

from runtime.run.tests.conftest import free_port
from tests.deploy.ha_cluster import until
from tests.deploy.programs import needed


class Redis:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [needed("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(self._answers, seconds=20, why="Redis")

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

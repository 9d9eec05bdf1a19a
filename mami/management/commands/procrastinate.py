"""procrastinate's own command. What it says is a line of the log, as everything else; its connections are ours."""

from __future__ import annotations

from typing import Any

import structlog
from procrastinate import cli
from procrastinate.contrib.django import app
from procrastinate.contrib.django.management.commands import procrastinate

from mami.job_connections import JobConnections

log = structlog.get_logger("mami.worker")


class Command(procrastinate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("command") == "worker":
            cli.print_stderr = _told
        with app.replace_connector(JobConnections()):
            super().handle(*args, app=app, **options)


def _told(*words: Any) -> None:
    log.info("said", text=" ".join(map(str, words)))

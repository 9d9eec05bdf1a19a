"""Mails written to files, for demos and rehearsals, readable by their owner alone."""

from __future__ import annotations

import os
from typing import Any

from django.core.mail.backends import filebased

OWNER_ALONE = 0o600


class EmailBackend(filebased.EmailBackend):
    """Django's own, whose files the group cannot read: mails hold links that set passwords."""

    stream: Any

    def open(self) -> bool:
        if self.stream is not None:
            return False
        descriptor = os.open(
            self._get_filename(),  # type: ignore[attr-defined]
            os.O_WRONLY | os.O_CREAT | os.O_APPEND,
            OWNER_ALONE,
        )
        self.stream = os.fdopen(descriptor, "ab")
        return True

"""A gateway for places without one: each message becomes a file."""

from __future__ import annotations

import hashlib
import json

from django.conf import settings

from notifications.sms.port import Callback, Gateway, Receipt, Sms


class FileGateway(Gateway):
    """One JSON file each below MAMI_VAR/sms; the same key is the same file."""

    def send(self, sms: Sms) -> str:
        folder = settings.MAMI_VAR / "sms"
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(sms.key.encode()).hexdigest()[:32]
        body = {"id": sms.key, "to": sms.to, "text": sms.text}
        (folder / f"{name}.json").write_text(
            json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        return name

    def receipt(self, callback: Callback) -> Receipt | None:
        raise PermissionError

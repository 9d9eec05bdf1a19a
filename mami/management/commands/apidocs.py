"""`manage.py apidocs`: write the Postman collection anew from the API's description (`make docs`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from api.docs import document
from devtools.postman import collection


class Command(BaseCommand):
    help = "Write docs/mami.postman_collection.json from the OpenAPI document."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "mami.postman_collection.json"
        text = json.dumps(collection(document()), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        self.stdout.write(f"{path.relative_to(settings.BASE_DIR)} written")

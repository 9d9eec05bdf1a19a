"""`manage.py clean_pictures`: photographs that were kept as they came are made anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import services
from core import clock


class Command(BaseCommand):
    """One line a product; may be ended and begun again."""

    help = (
        "Makes every product photograph anew as the shop keeps them today (upright, without place "
        "and camera, WebP in three widths), and removes files that no product names."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for sku, outcome in services.clean_pictures():
            self.stdout.write(f"{sku}: {outcome}")
            failed += outcome != "kept"
        swept = services.sweep_pictures(now=clock.now())
        self.stdout.write(f"{swept} pictures that no product names were removed")
        if failed:
            raise CommandError(f"{failed} photographs stay as they came: upload others for them")

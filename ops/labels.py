"""Barcodes for labels, as plain rectangles."""

from __future__ import annotations

from barcode import Code128
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

HEIGHT = 60


def barcode(*, text: str) -> SafeString:
    """A Code 128 of `text` as an SVG that any printer draws sharply."""
    (bits,) = Code128(text).build()
    return format_html(
        '<svg class="barcode" role="img" aria-label="{}" viewBox="0 0 {} {}" '
        'preserveAspectRatio="none">{}</svg>',
        text,
        len(bits),
        HEIGHT,
        format_html_join(
            "", '<rect x="{}" width="{}" height="{}"/>', ((x, n, HEIGHT) for x, n in _bars(bits))
        ),
    )


def _bars(bits: str) -> list[tuple[int, int]]:
    """Position and width of each run of dark modules."""
    bars, start = [], None
    for position, bit in enumerate(bits + "0"):
        if bit == "1" and start is None:
            start = position
        elif bit == "0" and start is not None:
            bars.append((start, position - start))
            start = None
    return bars

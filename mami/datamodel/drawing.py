"""The drawing: a box for each model, a line for each foreign key."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from mami.datamodel.reading import Field, Model, fields_of, models_of, target_of

# Who stands where: beside those they point to, so that lines stay short.
COLUMNS = (
    ("accounts", "notifications", "audit"),
    ("branches", "stockrequests", "inventory"),
    ("catalog",),
    ("cart", "checkout"),
    ("orders", "ops"),
    ("payments",),
)
COLOURS = {
    "accounts": "#5b6cc4", "notifications": "#8a6fb0", "audit": "#6b7280", "branches": "#2f8f83",
    "stockrequests": "#a67c2d", "inventory": "#b4572e", "catalog": "#3f8f3f", "cart": "#c2607f",
    "checkout": "#b03a3a", "orders": "#2f72a8", "payments": "#7a5c2e", "ops": "#55707a",
}  # fmt: skip

WIDTH, GAP_X, GAP_Y, ROW, HEAD, EDGE = 208, 74, 20, 15, 24, 24
EVERYWHERE = "User"  # a line to it from everywhere would hide all others


@dataclass(frozen=True)
class Box:
    model: Model
    app: str
    x: int
    y: int
    rows: tuple[Field, ...]

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.rows) + 6

    def row_y(self, number: int) -> int:
        return self.y + HEAD + ROW * number + 9


def svg() -> str:
    boxes = _boxes()
    width = max(box.x for box in boxes) + WIDTH + EDGE
    height = max(box.y + box.height for box in boxes) + EDGE
    places = {box.model: box for box in boxes}
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="Heebo, Arial, sans-serif" font-size="11">'
        ),
        "<title>The data model of Mami</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    parts += [line for box in boxes for line in _lines(box, places)]
    parts += [_box(box) for box in boxes]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _boxes() -> list[Box]:
    boxes = []
    for number, apps in enumerate(COLUMNS):
        x, y = EDGE + number * (WIDTH + GAP_X), EDGE
        for app in apps:
            for model in models_of(app):
                rows = tuple(field for field in fields_of(model) if not field.primary_key)
                box = Box(model, app, x, y, rows)
                boxes.append(box)
                y += box.height + GAP_Y
            y += GAP_Y
    return boxes


def _lines(box: Box, places: dict[Model, Box]) -> list[str]:
    lines = []
    for number, field in enumerate(box.rows):
        target = target_of(field)
        end = places.get(target) if target is not None else None
        if end is None or end is box or end.model.__name__ == EVERYWHERE:
            continue
        to_right = end.x >= box.x
        same = end.x == box.x
        x1 = box.x + WIDTH if to_right and not same else box.x
        x2 = end.x if to_right else end.x + WIDTH
        y1, y2 = box.row_y(number), end.y + HEAD // 2
        bend = 34 if same else max(30, abs(x2 - x1) // 2)
        c1, c2 = (x1 + bend, x2 - bend) if to_right and not same else (x1 - bend, x2 + bend)
        if same:
            c2 = x2 - bend
        lines.append(
            f'<path d="M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}" fill="none" '
            f'stroke="{COLOURS[end.app]}" stroke-opacity=".55"/>'
            f'<circle cx="{x2}" cy="{y2}" r="2.5" fill="{COLOURS[end.app]}"/>'
        )
    return lines


def _box(box: Box) -> str:
    colour = COLOURS[box.app]
    parts = [
        (
            f'<g><rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="6" '
            f'fill="#fff" stroke="{colour}"/>'
        ),
        f'<path d="M{box.x} {box.y + HEAD}v-{HEAD - 6}q0-6 6-6h{WIDTH - 12}q6 0 6 6v{HEAD - 6}z" fill="{colour}"/>',
        (
            f'<text x="{box.x + 9}" y="{box.y + 16}" fill="#fff" font-weight="700" font-size="12">'
            f"{box.model.__name__}</text>"
        ),
        (
            f'<text x="{box.x + WIDTH - 9}" y="{box.y + 16}" fill="#fff" text-anchor="end" '
            f'fill-opacity=".8">{box.app}</text>'
        ),
    ]
    for number, field in enumerate(box.rows):
        y = box.row_y(number) + 4
        target = target_of(field)
        hint = f"→ {target.__name__}" if target is not None else ""
        weight = ' font-weight="600"' if target is not None else ""
        name = field.name + ("?" if field.null else "")
        parts.append(f'<text x="{box.x + 9}" y="{y}" fill="#1f2937"{weight}>{escape(name)}</text>')
        if hint:
            parts.append(
                f'<text x="{box.x + WIDTH - 9}" y="{y}" fill="#6b7280" text-anchor="end">{hint}</text>'
            )
    return "".join([*parts, "</g>"])

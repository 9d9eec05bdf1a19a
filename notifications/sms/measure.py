"""How long a short message is: units and parts by GSM 03.38 and 03.40."""

from __future__ import annotations

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("^{}\\[~]|€\f")


def measured(text: str) -> tuple[int, int, bool]:
    """Units, parts, and whether it is GSM-7: 160 or 70 units in one part, 153 or 67 in each of more."""
    if all(sign in GSM or sign in TWICE for sign in text):
        units = sum(2 if sign in TWICE else 1 for sign in text)
        return units, _parts(units, 160, 153), True
    units = len(text.encode("utf-16-le")) // 2
    return units, _parts(units, 70, 67), False


def _parts(units: int, one: int, each: int) -> int:
    return 1 if units <= one else -(-units // each)

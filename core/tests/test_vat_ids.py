"""Nine digits of which the last one checks the others."""

from __future__ import annotations

import pytest

from core.vat_ids import is_vat_id


@pytest.mark.parametrize("number", ["516179157", "000000018", "123456782"])
def test_numbers_that_can_be(number: str) -> None:
    assert is_vat_id(number)


@pytest.mark.parametrize(
    "number",
    ["516179158", "12345678", "1234567820", "000000000", "12345678a", "", "１２３４５６７８２"],
)
def test_numbers_that_cannot(number: str) -> None:
    assert not is_vat_id(number)

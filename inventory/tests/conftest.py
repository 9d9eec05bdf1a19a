"""A shop for this app's tests."""

from collections.abc import Iterator

import pytest

from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened

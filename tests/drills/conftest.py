"""What the drills of a running shop share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.embedded.tests.conftest import throw_away_folder


@pytest.fixture(scope="session")
def filled() -> Iterator[Path]:
    """Where one shop after the other keeps its data: the first fills the shelves, the next find them so."""
    with throw_away_folder() as folder:
        yield folder / "var"

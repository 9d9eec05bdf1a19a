"""What the drills of a running shop share."""

from collections.abc import Iterator

import pytest

from runtime.embedded.tests.conftest import throw_away_folder
from runtime.run.tests.conftest import Opened, opened, patience

FIGURES = "figures-of-the-drills"


@pytest.fixture(scope="package")
def shop() -> Iterator[Opened]:
    """A shop with two web processes, behind a proxy that is believed, for all bad days of one process; closed
    after the last: an open one is never quite idle."""
    with throw_away_folder() as folder:
        variables = {"TRUSTED_PROXIES": "127.0.0.1", "MAMI_METRICS_TOKEN": FIGURES}
        with opened(folder / "var", **variables, LOG_LEVEL="INFO") as made:
            made.until_open(seconds=200 * patience())
            yield made

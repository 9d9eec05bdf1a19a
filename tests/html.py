"""Pages as tests read them."""

from __future__ import annotations

import re
from typing import Any


def one_line(response: Any) -> str:
    """The page without the white space of its templates: each run of it is one space.

    What a test looks for then stands on one line, however the template breaks it.
    """
    return re.sub(r"\s+", " ", response.content.decode())

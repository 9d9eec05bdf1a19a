"""The page about the data, made from the models so that it cannot lie."""

from devtools.data_model.page import stale, write

__all__ = ["stale", "write"]

"""The page about the data, made from the models so that it cannot lie."""

from mami.datamodel.page import stale, write

__all__ = ["stale", "write"]

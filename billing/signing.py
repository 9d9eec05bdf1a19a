"""The port to whoever signs papers electronically. None does unless DOCUMENT_SIGNER names one."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string


def sign(pdf: bytes) -> bytes:
    """The bytes to be kept: `pdf` as the signer of DOCUMENT_SIGNER returns it, else as it is.

    The setting is the dotted name of a function from bytes to bytes. Whether papers must be signed,
    and by whom, is an accountant's decision.
    """
    if not settings.DOCUMENT_SIGNER:
        return pdf
    signer: Callable[[bytes], bytes] = import_string(settings.DOCUMENT_SIGNER)
    return signer(pdf)

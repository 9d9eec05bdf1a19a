"""Requests behind a right that only a signed-in person can hold.

For annotations: the rights table has refused everybody else before such a view is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.request import Request

if TYPE_CHECKING:
    from accounts.models import User


class PersonRequest(HttpRequest):
    """A page's request whose `user` is a person."""

    user: User


class PersonApiRequest(Request):
    """The same for the JSON API."""

    user: User
    request_id: str  # read from the page's request beneath it

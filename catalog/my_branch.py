"""The branch whose stock a visitor looks at: chosen beside the filters, kept in the session.

It always stands in the address: what is shown is what a reload, Back or a shared link shows as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from catalog.forms import BRANCH, ShelfForm

KEY = "my_branch"
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def in_address(view: View[P]) -> View[P]:
    """Lead a visitor who has chosen a branch to the address that says it."""

    @wraps(view)
    def led(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        kept: Any = request.session.get(KEY)
        if kept is None or BRANCH in request.GET:
            return view(request, *args, **kwargs)
        query = request.GET.copy()
        query[BRANCH] = kept
        return redirect(f"{request.path}?{query.urlencode()}")

    return led


def keep(request: HttpRequest, form: ShelfForm) -> None:
    """Remember the branch of the address, or that it is none."""
    if BRANCH not in request.GET:
        return
    chosen = form.branch_id
    if chosen is None:
        request.session.pop(KEY, None)
    elif request.session.get(KEY) != chosen:
        request.session[KEY] = chosen

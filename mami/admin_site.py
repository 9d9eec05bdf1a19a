"""The managers' Django admin: the shop's own sign-in, look and refusals; writes through services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from core.replica import from_replica


class MamiAdminSite(admin.AdminSite):
    """Managers and admins only; everybody else is told so at the shop's own sign-in."""

    site_header = _("Mami: the office")
    site_title = _("Mami")
    index_title = _("What would you like to look after?")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_manager", False))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One sign-in for the whole shop; who is signed in without the right is told so."""
        target = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            return render(request, "errors/403.html", status=403)
        from django.contrib.auth.views import redirect_to_login  # needs loaded apps

        return redirect_to_login(target)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps; the library that runs the background jobs is called by what it does."""
        apps: list[Any] = super().get_app_list(request, app_label)
        for app in apps:
            if app["app_label"] == "procrastinate":
                app["name"] = _("Background jobs")
                for model in app["models"]:
                    model["name"] = _("Background jobs")
        return apps

    @from_replica
    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The morning's figures, and the apps to look after."""
        from core.clock import now
        from mami.dashboard import morning  # the apps' models load after this site is made

        return super().index(request, {**(extra_context or {}), **morning(now=now())})

    def get_urls(self) -> list[Any]:
        own = [
            path("books/", self.admin_view(self.books), name="books"),
            path("switches/", self.admin_view(self.switches), name="switches"),
        ]
        return [*own, *super().get_urls()]

    def books(self, request: HttpRequest) -> HttpResponse:
        """Whether stock, promises, places, orders and money agree, as a job found last; POST asks it again."""
        from mami.invariants_page import ask_again, books_page

        if request.method == "POST":
            query = ask_again(actor=request.user, data=request.POST)  # type: ignore[arg-type]
            return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
        context = {**self.each_context(request), "title": _("The books"), **books_page(request.GET)}
        return render(request, "admin/books.html", context)

    def switches(self, request: HttpRequest) -> HttpResponse:
        """What the shop does and may be told not to."""
        from mami.switching import switches_page

        return switches_page(request, {**self.each_context(request), "title": _("Switches")})

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(reverse("accounts:home"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(reverse("accounts:password"))


class MamiAdminConfig(AdminConfig):
    default_site = "mami.admin_site.MamiAdminSite"

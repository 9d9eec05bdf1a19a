"""The managers' Django admin: the shop's own sign-in, look and refusals; writes through services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _


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
        """The rooms; the library that runs the background jobs is called by what it does."""
        rooms: list[Any] = super().get_app_list(request, app_label)
        for room in rooms:
            if room["app_label"] == "procrastinate":
                room["name"] = _("Background jobs")
                for model in room["models"]:
                    model["name"] = _("Background jobs")
        return rooms

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The morning's figures, and the rooms to look after."""
        from mami.clock import now
        from mami.office import morning  # the rooms' models load after this site is made

        return super().index(request, {**(extra_context or {}), **morning(now=now())})

    def get_urls(self) -> list[Any]:
        return [path("books/", self.admin_view(self.books), name="books"), *super().get_urls()]

    def books(self, request: HttpRequest) -> HttpResponse:
        """Whether stock, promises, places, orders and money agree, as `manage.py check_books` says."""
        from mami.bookkeeping import books_page

        context = {**self.each_context(request), "title": _("The books"), **books_page(request.GET)}
        return render(request, "admin/books.html", context)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(reverse("accounts:home"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(reverse("accounts:password"))


class MamiAdminConfig(AdminConfig):
    default_site = "mami.admin_site.MamiAdminSite"

"""Search in the office: rules, what people asked for, and why a text finds what it finds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from catalog.search_port import SearchStatus
from core.errors import DomainError, InvalidInput
from core.htmx import is_part
from core.long_lists import BoundedPaginator
from core.replica import from_replica
from core.service_admin import ReadOnlyAdmin, SwitchedAdmin
from search import selectors, services
from search.forms import PreviewForm, QueriesForm, RuleForm, SameForm, TryForm
from search.models import SearchQueryLog, SearchRule
from search.services import RuleData

A_PAGE = 50


@admin.register(SearchRule)
class SearchRuleAdmin(SwitchedAdmin):
    form = RuleForm
    audit_name = "search_rule"
    is_short = True
    list_display = ("texts", "kind", "replacement", "finds", "is_active", "updated_at")
    list_filter = ("kind", "is_active", "source")
    search_fields = ("words__text", "replacement")
    fields = ("kind", "words", "replacement", "categories", "is_active")
    ordering = ("-id",)
    list_per_page = 15  # what a replacement finds is asked for each

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("words")

    @admin.display(description=_("texts"))
    def texts(self, rule: SearchRule) -> str:
        said = [word.text for word in rule.words.all()]
        return ", ".join(said[:6]) + (" …" if len(said) > 6 else "")

    @admin.display(description=_("finds now"), empty_value="")
    def finds(self, rule: SearchRule) -> int | None:
        return selectors.finds(rule)

    def create(self, request: HttpRequest, form: Any) -> SearchRule:
        return services.create_rule(actor=request.user, data=RuleData(**form.values()))

    def update(self, request: HttpRequest, obj: SearchRule, form: Any) -> None:
        services.update_rule(actor=request.user, rule_id=obj.pk, changes=form.values())

    def switch(self, request: HttpRequest, obj: SearchRule, *, active: bool) -> None:
        changes = {"is_active": active}
        services.update_rule(actor=request.user, rule_id=obj.pk, changes=changes)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """With the texts of the address, which another rule could not have."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        more = request.GET.get("words", "") if obj is not None else ""
        return type(form.__name__, (form,), {"more": more}) if more else form

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the missed texts, where the rule was made of one."""
        if "words" not in request.GET or "_save" not in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("The rule holds from the next search on."))
        return redirect("admin:search_searchquerylog_changelist")

    def get_urls(self) -> list[URLPattern]:
        tried = self.admin_site.admin_view(self.tried)
        previewed = self.admin_site.admin_view(require_POST(self.previewed))
        return [
            path("try/", tried, name="search_try"),
            path("preview/", previewed, name="search_preview"),
            *super().get_urls(),
        ]

    def previewed(self, request: HttpRequest) -> HttpResponse:
        """What a rule would find, before it is saved: a part of its form, or a page."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        rule = SearchRule.objects.filter(pk=PreviewForm(request.POST).rule_id or 0).first()
        form: Any = self.get_form(request, rule)(request.POST, instance=rule)
        found: list[Any] = []
        if form.is_valid():
            data, rule_id = RuleData(**form.values()), rule.pk if rule else None
            try:
                found = services.preview_rule(actor=request.user, data=data, rule_id=rule_id)
            except DomainError as refusal:
                form.refused(refusal)
        template = "admin/search/_preview.html" if is_part(request) else "admin/search/preview.html"
        context = {"title": _("What it would find"), "form": form, "found": found}
        return self.page(request, template, **context)

    def tried(self, request: HttpRequest) -> HttpResponse:
        """Why a text finds what it finds."""
        form = TryForm(request.GET)
        text = form.cleaned_data["q"] if form.is_valid() else ""
        return self.page(
            request,
            "admin/search/try.html",
            title=_("Try a text"),
            form=form,
            explained=selectors.explained(q=text) if text else None,
        )


@admin.register(SearchQueryLog)
class SearchQueryLogAdmin(ReadOnlyAdmin):
    @from_replica
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What people searched for and did not get, the most searched first."""
        form = QueriesForm(request.GET)
        pages = BoundedPaginator(selectors.logged_texts(**form.wanted()), A_PAGE)
        page = pages.get_page(request.GET.get("page"))
        told = dict(SearchStatus.choices)
        for row in page.object_list:
            row["became"] = told.get(row["status"], row["status"])
        return self.page(
            request,
            "admin/search/queries.html",
            title=_("What people searched for"),
            form=form,
            page=page,
        )

    def get_urls(self) -> list[URLPattern]:
        dismissed = self.admin_site.admin_view(require_POST(self.dismissed))
        same = self.admin_site.admin_view(require_POST(self.same))
        return [
            path("dismiss/", dismissed, name="search_dismiss"),
            path("same/", same, name="search_same"),
            *super().get_urls(),
        ]

    def same(self, request: HttpRequest) -> HttpResponse:
        """A text means the same as another: a synonym in one step."""
        form = SameForm(request.POST)
        if not form.is_valid():
            messages.warning(request, _("Write what it means the same as."))
            return HttpResponseRedirect("../")
        said = form.cleaned_data
        try:
            services.mean_the_same(actor=request.user, **said)
        except InvalidInput as refusal:
            told = [str(text) for texts in refusal.details["fields"].values() for text in texts]
            messages.warning(request, " ".join(told))
        except DomainError as refusal:
            messages.warning(request, str(refusal.message))
        else:
            page = selectors.explained(q=said["text"]).page
            told_now = ngettext(
                "“%(text)s” finds %(n)d product now.", "“%(text)s” finds %(n)d products now.",
                page.total,
            )  # fmt: skip
            messages.success(request, told_now % {"text": said["text"], "n": page.total})
        return HttpResponseRedirect("../")

    def dismissed(self, request: HttpRequest) -> HttpResponse:
        """A text needs no rule."""
        try:
            services.dismiss_query(actor=request.user, text=request.POST.get("text", ""))
        except DomainError as refusal:
            messages.warning(request, str(refusal.message))
        return HttpResponseRedirect("../")

"""The office's lists of periodic jobs, when each last ran and succeeded, and of releases."""

from __future__ import annotations

from django.contrib import admin
from waffle.models import Flag, Sample, Switch

from core.service_admin import ReadOnlyAdmin
from mami.models import JobRun, Release

# Switches have a page of their own, with words and a trail; flags and samples are not used.
for _model in (Flag, Sample, Switch):
    admin.site.unregister(_model)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """Read only: the worker writes it."""

    is_short = True
    list_display = ("name", "last_success_at", "outcome", "started_at", "seconds", "rows")
    list_filter = ("outcome",)
    search_fields = ("name",)
    fields = list_display


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """Read only: `release_check` writes it."""

    list_display = ("version", "revision", "checked_at", "switches")
    fields = list_display

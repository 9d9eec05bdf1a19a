"""Is the shop open?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.request import Request

from api.operations import operation
from api.views import ApiView
from core.errors import ServiceUnavailable


class HealthOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok"])
    database = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()


class Health(ApiView):
    """Asks nothing but whether the database answers, and waits for it two seconds at most."""

    authentication_classes = []

    @operation(
        tag="Health",
        summary="Whether the shop is open",
        description="503 while the database does not answer.",
        answer=HealthOut,
        refusals=[ServiceUnavailable],
    )
    def get(self, request: Request) -> dict[str, str]:
        if not import_string(settings.DATABASE_PROBE)():
            raise ServiceUnavailable
        return {"status": "ok", "database": "ok", "version": settings.VERSION}

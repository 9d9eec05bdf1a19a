"""Is the shop open?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework import serializers
from rest_framework.request import Request

from mami.api.operations import operation
from mami.api.views import ApiView
from mami.errors import ServiceUnavailable


class HealthOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok"])
    database = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()


class Health(ApiView):
    """Asks nothing but whether the database answers."""

    authentication_classes = []

    @operation(
        tag="Health",
        summary="Whether the shop is open",
        description="503 while the database does not answer.",
        answer=HealthOut,
        refusals=[ServiceUnavailable],
    )
    def get(self, request: Request) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {"status": "ok", "database": "ok", "version": settings.VERSION}

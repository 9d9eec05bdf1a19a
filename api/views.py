"""What every API view starts from."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.fields import LARGEST_ID
from api.renderers import AlwaysJSON
from api.schema import Schema
from core.errors import NotFound
from core.languages import wanted_language


class ApiView(APIView):
    """A resource. Each method carries its `operation`, which reads, answers and documents it."""

    schema = Schema()
    content_negotiation_class = AlwaysJSON
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        translation.activate(wanted_language(request))
        if (request.method or "").lower() not in self.http_method_names or not hasattr(
            self, (request.method or "").lower()
        ):
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        for value in kwargs.values():
            if isinstance(value, int) and not 0 < value <= LARGEST_ID:
                raise NotFound

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class UnknownPath(APIView):
    """Everything below /api/ that is nothing."""

    schema = None
    content_negotiation_class = AlwaysJSON
    authentication_classes = []
    permission_classes = []
    metadata_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        translation.activate(wanted_language(request))
        raise NotFound

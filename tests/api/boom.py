"""A call that fails in whichever way a test chooses, beside the shop's own addresses."""

from __future__ import annotations

from django.urls import path

from api.operations import operation
from api.views import ApiView
from mami import urls


class Boom(ApiView):
    authentication_classes = []
    permission_classes = []
    failure: Exception = RuntimeError("secret inside")

    @operation(tag="x", summary="x")
    def get(self, request):
        raise self.failure


urlpatterns = [path("api/v1/boom", Boom.as_view()), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500

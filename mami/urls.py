"""Every address of the shop; the right to each is in `mami.rights`."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.static import serve

from branches import place_views as places
from core.languages import in_both_languages
from mami import home
from notifications.enquiry_page import contact
from payments.views import sandbox_bank

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("mami.api_urls")),  # first: every address above costs every call a look
    in_both_languages(
        path("", home.home, name="home"),
        path("offline/", home.offline, name="offline"),
        path("help/contact/", contact, name="contact"),
        path("help/areas/", places.areas_page, name="areas"),
        path("help/<slug:slug>/", home.page, name="page"),
        path("help/<slug:slug>/<slug:version>/", home.page, name="page_version"),
        path("", include("catalog.urls")),
        path("", include("branches.urls")),
    ),
    path("place/", places.choose, name="place"),
    path("language/", home.language, name="language"),
    path("metrics", home.figures, name="metrics"),
    path("", include("mami.pages.urls")),
    path("cart/", include("cart.urls")),
    path("", include("lists.urls")),
    path("", include("waiting.urls")),
    path("checkout/", include("checkout.urls")),
    path("orders/", include("checkout.pay_urls")),
    path("orders/", include("orders.urls")),
    path("orders/", include("checkout.change_urls")),
    path("account/cards/", include("payments.urls")),
    path("", include("notifications.urls")),
    path("account/", include("accounts.urls")),
    path("sandbox/bank/<str:reference>/", sandbox_bank, name="sandbox_bank"),
    path("", include("standing.urls")),
    path("ops/requests/", include("stockrequests.urls")),
    path("ops/", include("ops.urls")),
    path("admin/", admin.site.urls),
    # Photographs that managers upload; a web server in front may take this prefix over.
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}, name="media"),
]

handler400 = "mami.home.bad_request"
handler403 = "mami.home.forbidden"
handler404 = "mami.home.not_found"
handler500 = "mami.home.server_error"

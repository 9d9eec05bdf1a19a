"""Bare Django REST framework views over the same table, beside the shop's own addresses.

As the book has them: a ModelSerializer of the fields that the shop's answer takes from the table (not
the joins, the stock and the VAT rate), one SELECT, no sign-in, the same middleware.
"""

from django.urls import path
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer

from benchmarks.bare_checkout import BareCheckout
from catalog.models import Product
from mami import urls


class BareSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        fields = (
            "id", "sku", "barcode", "name", "description", "brand", "category", "price",
            "old_price", "sold_by", "quantity_step", "unit_price", "unit_price_per", "vat_class",
            "dietary_tags", "allergens", "image", "is_active",
        )  # fmt: skip


class Bare(GenericAPIView):
    queryset = Product.objects.all()
    serializer_class = BareSerializer
    renderer_classes = [JSONRenderer]
    content_negotiation_class = DefaultContentNegotiation
    authentication_classes: list[type] = []
    permission_classes: list[type] = []
    schema = None


class BareDetail(RetrieveAPIView, Bare):
    pass


class BareList(ListAPIView, Bare):
    queryset = Product.objects.order_by("id")[:24]


urlpatterns = [
    path("api/bare/<int:pk>", BareDetail.as_view()),
    path("api/bare", BareList.as_view()),
    path("api/bare/checkout", BareCheckout.as_view()),
    *urls.urlpatterns,
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500

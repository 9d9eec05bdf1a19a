"""Where the money of an order that stands is paid, below the order's own address."""

from __future__ import annotations

from django.urls import path

from checkout import pay_views

app_name = "paying"
urlpatterns = [path("<str:number>/pay/", pay_views.page, name="pay")]

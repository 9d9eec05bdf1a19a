"""Addresses of the files that programs read."""

from __future__ import annotations

from django.urls import path

from mami.pages import machines, sitemaps

urlpatterns = [
    path("favicon.ico", machines.favicon, name="favicon"),
    path("apple-touch-icon.png", machines.apple_touch_icon, name="apple_touch_icon"),
    path("robots.txt", machines.robots, name="robots"),
    path("manifest.webmanifest", machines.manifest, {"language": "he"}, name="manifest"),
    path("en/manifest.webmanifest", machines.manifest, {"language": "en"}, name="manifest_en"),
    path("sw.js", machines.worker, name="worker"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-pages.xml", sitemaps.pages, name="sitemap_pages"),
    path("sitemap-departments.xml", sitemaps.departments, name="sitemap_departments"),
    path("sitemap-products-<int:part>.xml", sitemaps.products, name="sitemap_products"),
]

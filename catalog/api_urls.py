"""Addresses of the catalogue below /api/v1/."""

from __future__ import annotations

from django.urls import path

from catalog import api

urlpatterns = [
    path("categories", api.Categories.as_view(), name="categories"),
    path(
        "categories/<int:category_id>/products",
        api.CategoryProducts.as_view(),
        name="category-products",
    ),
    path("products/search", api.Search.as_view(), name="product-search"),
    path("products/autocomplete", api.Autocomplete.as_view(), name="product-autocomplete"),
    path("products/<int:product_id>", api.ProductDetail.as_view(), name="product"),
    path("admin/categories", api.AdminCategories.as_view(), name="admin-categories"),
    path("admin/categories/<int:category_id>", api.AdminCategory.as_view(), name="admin-category"),
    path("admin/products", api.AdminProducts.as_view(), name="admin-products"),
    path("admin/products/<int:product_id>", api.AdminProduct.as_view(), name="admin-product"),
    # As the first web client calls them.
    path("catalog/categories", api.Categories.as_view(), name="old-categories"),
    path(
        "catalog/categories/<int:category_id>/products",
        api.CategoryProducts.as_view(),
        name="old-category-products",
    ),
    path("catalog/products/search", api.Search.as_view(), name="old-product-search"),
    path(
        "catalog/products/autocomplete",
        api.Autocomplete.as_view(),
        name="old-product-autocomplete",
    ),
    path("catalog/products/featured", api.Featured.as_view(), name="old-featured"),
    path("catalog/products/<int:product_id>", api.ProductDetail.as_view(), name="old-product"),
    path(
        "admin/categories/<int:category_id>/toggle",
        api.ToggleCategory.as_view(),
        name="old-toggle-category",
    ),
    path(
        "admin/products/<int:product_id>/toggle",
        api.ToggleProduct.as_view(),
        name="old-toggle-product",
    ),
]

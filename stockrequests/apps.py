from django.apps import AppConfig


class StockRequestsConfig(AppConfig):
    name = "stockrequests"
    default_auto_field = "django.db.models.BigAutoField"

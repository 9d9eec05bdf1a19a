from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListsConfig(AppConfig):
    name = "lists"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Lists")

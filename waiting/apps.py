from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WaitingConfig(AppConfig):
    name = "waiting"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Waiting")

    def ready(self) -> None:
        from branches.services import WHEN_FREED
        from waiting.jobs import look_soon

        if look_soon not in WHEN_FREED:
            WHEN_FREED.append(look_soon)

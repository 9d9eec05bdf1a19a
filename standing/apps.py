from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StandingConfig(AppConfig):
    name = "standing"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("Standing orders")

    def ready(self) -> None:
        from checkout import invariants
        from standing.invariants import RULES

        invariants.ALL.extend(rule for rule in RULES if rule not in invariants.ALL)

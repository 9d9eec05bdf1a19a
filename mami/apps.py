"""The project itself as an app: its commands, its cache table, its checks."""

from django.apps import AppConfig, apps


class MamiConfig(AppConfig):
    name = "mami"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from mami import database, faults
        from mami.api import checks  # noqa: F401  (they register themselves)

        # Sent once for each app with models, of which any one will do.
        post_migrate.connect(database.limit_waiting, sender=apps.get_app_config("accounts"))
        faults.arm_from_environment()

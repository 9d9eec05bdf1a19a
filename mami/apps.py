"""The project itself as an app: its commands, its cache table, its checks."""

from django.apps import AppConfig, apps


class MamiConfig(AppConfig):
    name = "mami"

    def ready(self) -> None:
        from django.conf import settings
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from api import checks  # noqa: F401  (they register themselves)
        from core import code_lookups, database, faults, serving_role
        from core.field_names import translate_field_names
        from core.telemetry import pool, reporting, statements
        from mami import monthly_tables
        from runtime import checks as startup_checks  # noqa: F401
        from runtime import embedded, environment

        code_lookups.register()
        translate_field_names()
        # Sent once for each app with models, of which any one will do.
        post_migrate.connect(database.limit_waiting, sender=apps.get_app_config("accounts"))
        post_migrate.connect(monthly_tables.extend, sender=apps.get_app_config("accounts"))
        post_migrate.connect(serving_role.grant, sender=apps.get_app_config("accounts"))
        connection_created.connect(database.without_limit)
        connection_created.connect(statements.watch)
        connection_created.connect(pool.measure)
        faults.KINDS["postgres-kill"] = embedded.kill
        faults.arm_from_environment()
        try:
            reporting.start(
                reporting.Destination(
                    sentry_dsn=settings.SENTRY_DSN,
                    otlp_endpoint=settings.OTLP_ENDPOINT,
                    revision=settings.REVISION,
                )
            )
        except reporting.PackageMissing as error:
            environment.stop(str(error))

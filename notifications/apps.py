from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.services.leaving import WHEN_ERASED
        from notifications.services import say_farewell

        if say_farewell not in WHEN_ERASED:
            WHEN_ERASED.append(say_farewell)

"""The OpenAPI document of the service, built once for all tests that read it."""

from property_alert_notification.app import create_app
from property_alert_notification.base.settings import Settings

DOCUMENT = create_app(Settings.model_construct(), with_worker=False).openapi()

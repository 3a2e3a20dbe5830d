"""Offers the application object to ASGI servers such as `fastapi dev`."""

from property_alert_notification.app import create_app
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.process import exit_with_error
from property_alert_notification.preflight import load_settings

try:
    _settings = load_settings()
except ConfigurationError as error:
    exit_with_error(error)

app = create_app(_settings, with_worker=_settings.is_local)

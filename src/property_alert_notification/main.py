"""The application object, for `fastapi dev` and other ASGI servers."""

from property_alert_notification.app import create_app
from property_alert_notification.errors import ConfigurationError
from property_alert_notification.settings import Settings, load
from property_alert_notification.wiring import give_up

try:
    _settings = load(Settings)
except ConfigurationError as error:
    give_up(error)

app = create_app(_settings, with_worker=_settings.is_local)

"""The application object, for `fastapi dev` and other ASGI servers."""

import sys

from property_alert_notification.app import create_app
from property_alert_notification.errors import ConfigurationError
from property_alert_notification.settings import Settings, load

try:
    _settings = load(Settings)
except ConfigurationError as error:
    sys.exit(str(error))

app = create_app(_settings, with_worker=_settings.is_local)

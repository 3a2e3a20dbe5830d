"""What an operator may set: read from the environment and `.env`, checked at start."""

from property_alert_notification.base.settings.settings import (
    Group,
    ProviderSettings,
    Settings,
    SettingsGroup,
    given_names,
    load,
    variable_name,
)

__all__ = ["Group", "ProviderSettings", "Settings", "SettingsGroup", "given_names", "load", "variable_name"]

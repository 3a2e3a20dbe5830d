"""Reads the settings from the environment and `.env`, and checks them at start."""

from property_alert_notification.base.settings.groups import ProviderSettings, SettingsGroup
from property_alert_notification.base.settings.reading import (
    Group,
    given_instances,
    given_names,
    load,
    load_only,
    variable_name,
)
from property_alert_notification.base.settings.settings import Settings

__all__ = [
    "Group",
    "ProviderSettings",
    "Settings",
    "SettingsGroup",
    "given_instances",
    "given_names",
    "load",
    "load_only",
    "variable_name",
]

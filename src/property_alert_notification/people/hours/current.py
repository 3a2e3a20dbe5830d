"""The legal windows and the default time zone of this process, set when it starts and when the file changes."""

from property_alert_notification.people.hours.legal import LegalWindows, built_in


class _Current:
    windows: LegalWindows | None = None
    default_time_zone: str | None = None


def use(windows: LegalWindows, default_time_zone: str | None) -> None:
    """Set the windows and the default time zone of this process.

    `default_time_zone` applies to users without a known zone, country or phone number. Without it, such a user may be
    in any zone.
    """
    _Current.windows, _Current.default_time_zone = windows, default_time_zone


def windows() -> LegalWindows:
    """The current legal windows."""
    if _Current.windows is None:
        _Current.windows = built_in()
    return _Current.windows


def default_time_zone() -> str | None:
    """The zone of users without a known zone, country or phone number; None if it is not set."""
    return _Current.default_time_zone

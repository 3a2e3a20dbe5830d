"""The legal windows and the default time zone of this process, set when it starts and when the file changes."""

from property_alert_notification.people.hours.legal import LegalWindows, built_in


class _Current:
    windows: LegalWindows | None = None
    default_time_zone: str | None = None


def use(windows: LegalWindows, default_time_zone: str | None) -> None:
    """Decide by these windows from now on.

    `default_time_zone` is that of people of whom neither zone, country nor phone number is known; None: any is
    possible.
    """
    _Current.windows, _Current.default_time_zone = windows, default_time_zone


def windows() -> LegalWindows:
    """The legal windows as they are now."""
    if _Current.windows is None:
        _Current.windows = built_in()
    return _Current.windows


def default_time_zone() -> str | None:
    """The zone of people of whom nothing is known."""
    return _Current.default_time_zone

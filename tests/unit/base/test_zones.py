"""Time zones by name."""

import pytest

from property_alert_notification.base.zones import ZoneUnknown, zone_named


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5", "EST5EDT"])
def test_a_zone_is_found_by_its_iana_name(name: str) -> None:
    assert zone_named(name).key == name


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "europe/berlin", "Europe/Nowhere", "../etc/passwd", "/etc/passwd", "localtime", "posix/UTC", "a\0b"],
)
def test_what_names_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneUnknown, match="for example Europe/Berlin"):
        zone_named(name)

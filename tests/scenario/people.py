"""What people of the scenario want, and how they change their minds. Random, from a given source of chance."""

from random import Random
from typing import Any

from tests.scenario.actions import Profile
from tests.scenario.places import Place

QUIET_DAYS = (
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    ["mon", "tue", "wed", "thu", "sun"],
    ["fri", "sat"],
    ["sat", "sun"],
)
QUIET_TIMES = (
    ("22:00", "07:00"),
    ("21:30", "08:00"),
    ("23:00", "09:30"),
    ("00:00", "06:00"),
    ("01:30", "02:30"),
    ("13:00", "14:30"),
    ("18:00", "10:00"),
)
DIGEST_TIMES = ("08:00", "18:30", "02:30", "01:15", "12:00", "23:45")


def preferences(place: Place, chance: Random) -> dict[str, Any]:
    """What a user says of everything."""
    said: dict[str, Any] = {"email_enabled": chance.random() < 0.9, "sms_enabled": chance.random() < 0.75}
    if chance.random() < 0.7:
        said["time_zone"] = place.zone
    if chance.random() < (0.6 if "time_zone" in said else 0.3):
        said["quiet_hours"] = quiet_hours(chance)
    if chance.random() < 0.6:
        said["categories"] = frequencies(chance)
    if chance.random() < 0.4:
        said["digest"] = digest(chance)
    if chance.random() < 0.5:
        said["caps"] = {
            channel: chance.choice(({"day": 1}, {"week": 3}, {"day": 2, "week": 3})) for channel in ("email", "sms")
        }
    return said


def quiet_hours(chance: Random) -> list[dict[str, Any]]:
    return [
        {"days": chance.choice(QUIET_DAYS), "from": start, "to": end}
        for start, end in chance.sample(QUIET_TIMES, chance.choice((1, 1, 2)))
    ]


def frequencies(chance: Random) -> dict[str, dict[str, str]]:
    """How often a user wants some categories."""
    found: dict[str, dict[str, str]] = {}
    for name in chance.sample(("listing_alert", "price_drop", "news", "viewing", "account"), 2):
        found[name] = {
            channel: chance.choice(("asap", "daily", "daily", "weekly", "monthly", "never"))
            for channel in chance.sample(("email", "sms"), chance.choice((1, 2)))
        }
    if chance.random() < 0.05:
        found["digest"] = {"email": "never"}
    return found


def digest(chance: Random) -> dict[str, Any]:
    return {
        "at": chance.choice(DIGEST_TIMES),
        "weekday": chance.choice(("mon", "sat", "sun")),
        "day": chance.choice((1, 25, 28, 31)),
    }


def change(place: Place, chance: Random) -> dict[str, Any]:
    """One thing that a user changes their mind about."""
    zones = (*place.moves_to, place.zone)
    changes: list[dict[str, Any]] = [
        {"time_zone": chance.choice(zones)},
        {"time_zone": chance.choice(zones), "quiet_hours": quiet_hours(chance)},
        {"time_zone": None},
        {"quiet_hours": None},
        {"categories": frequencies(chance)},
        {"categories": frequencies(chance)},
        {"categories": {"listing_alert": {"email": chance.choice(("never", "asap", "daily", "weekly"))}}},
        {"categories": None},
        {"email_enabled": chance.random() < 0.5},
        {"sms_enabled": chance.random() < 0.5},
        {"digest": digest(chance)},
    ]
    return chance.choice(changes)


def profile(place: Place, phone_number: str, email: str, chance: Random) -> Profile | None:
    """What the User service knows of a user: often not all, and of some nothing."""
    if chance.random() < 0.06:
        return None
    zone = chance.choice((place.zone, *place.moves_to)) if chance.random() < 0.4 else None
    return {
        "email": email if chance.random() < 0.92 else None,
        "phone_number": phone_number if chance.random() < 0.85 else None,
        "time_zone": zone,
        "country": place.country if chance.random() < 0.7 else None,
    }

"""People who all differ: each has quiet hours, caps and a frequency, and a profile. One message goes to each."""

import random
from datetime import time

from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.people.categories.rules import built_in
from property_alert_notification.people.decide import Message
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.preferences.rules import Cap, PersonalRules, QuietHours

CATEGORY = "listing_alert"
"""A promotional one, to which every rule applies."""

_PLACES = (
    ("America/New_York", "US", "+1212"),
    ("America/Chicago", "US", "+1312"),
    ("America/Chicago", "US", "+1214"),
    ("America/Denver", "US", "+1303"),
    ("America/Los_Angeles", "US", "+1206"),
    ("America/Phoenix", "US", "+1602"),
    ("America/Toronto", "CA", "+1416"),
    ("America/Mexico_City", "MX", "+5255"),
    ("Europe/London", "GB", "+4420"),
    ("Europe/Berlin", "DE", "+4930"),
    ("Europe/Paris", "FR", "+331"),
    ("Asia/Kathmandu", "NP", "+9771"),
)
_ZONE_IN_RULES = 0.25
"""Of the users; the zone of the others is in their profile."""


def rules_of(user_id: int) -> PersonalRules:
    """The preferences of a user. Hardly any two users have the same."""
    dice = random.Random(user_id)
    days = frozenset(dice.sample(range(7), dice.randint(2, 7)))
    quiet = QuietHours(
        days, time(dice.randint(20, 23), dice.randrange(60)), time(dice.randint(6, 9), dice.randrange(60))
    )
    frequency = dice.choice((Frequency.ASAP, Frequency.DAILY, Frequency.WEEKLY))
    return PersonalRules(
        time_zone=_PLACES[user_id % len(_PLACES)][0] if dice.random() < _ZONE_IN_RULES else None,
        quiet_hours=(quiet,),
        caps={Channel("sms"): Cap(dice.randint(1, 9), dice.randint(10, 50))},
        frequencies={CATEGORY: {Channel("sms"): frequency}},
    )


def profile_of(user_id: int) -> Profile:
    """What the User service knows of a user."""
    zone, country, prefix = _PLACES[user_id % len(_PLACES)]
    number = prefix + f"{user_id:07d}"
    return Profile(user_id, f"buyer.{user_id}@example.com", number, f"Buyer {user_id}", "en", zone, country)


def message_to(user_id: int) -> Message:
    """The dearest to decide about: an SMS, to which windows of law apply, too."""
    return Message(Channel("sms"), built_in().of(CATEGORY), profile_of(user_id).phone_number)

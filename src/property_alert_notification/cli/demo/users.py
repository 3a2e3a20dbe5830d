"""The users of the demo: their ids, preferences and languages. Pure."""

USERS = range(990_001, 990_201)
"""Made-up users, with ids that no test uses."""

# Of ten users four want both channels, three email, two SMS, and one nothing at all.
_PREFERENCES = [(True, True)] * 4 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)]


def preferences(user: int) -> dict[str, bool]:
    """The preferences of a user, as the API takes them."""
    email, sms = _PREFERENCES[user % len(_PREFERENCES)]
    return {"email_enabled": email, "sms_enabled": sms}


def language_of(user: int) -> str:
    """One of ten reads Spanish."""
    return "es" if user % 10 == 0 else "en"

"""What callers ask for in every measurement: an alert about a listing, for one of a thousand users."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

USERS = range(1, 1_001)

MESSAGE = """\
A home that fits your search came on the market today: 3 bedrooms, 2.25 bathrooms, 2,570 square feet of living area \
on a lot of 7,242 square feet, built in 1951 and renovated in 1991. The asking price is $538,000.

See photographs and book a viewing: https://homes.example.com/listings/6414100192?source=alert&user={user}
"""


def alert(user: int) -> dict[str, Any]:
    """The body of one `POST /api/v1/notifications/`, as far as it can be written in JSON."""
    return {
        "title": f"New listing in Seattle, 98125: 3 bedrooms for $538,000 (search {user})",
        "message": MESSAGE.format(user=user),
        "user_id": user,
        "user_email": f"buyer.{user}@example.com",
        "user_phone_number": None,
        "category": "listing_alert",
    }


def alerts(count: int) -> Iterator[Mapping[str, Any]]:
    """So many bodies, user after user."""
    return itertools.islice(itertools.cycle([alert(user) for user in USERS]), count)

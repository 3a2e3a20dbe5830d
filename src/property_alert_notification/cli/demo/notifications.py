"""The notifications of other services that the demo submits, about its listings. Pure."""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any

from property_alert_notification.cli.demo.listings import Listing
from property_alert_notification.cli.demo.users import USERS


def notifications(listings: Sequence[Listing], count: int, *, run: str) -> Iterator[dict[str, Any]]:
    """`count` notifications, as the API takes them; each has a reference, and carries it in its text."""
    for number, listing in enumerate(islice(cycle(listings), count), start=1):
        user = USERS[(number - 1) % len(USERS)]
        reference = f"{run}-{number:04}"
        yield {
            **_words(listing, number),
            "user_id": user,
            # Reserved for examples: RFC 2606, and the numbers 555-0100 to 555-0199 of North America.
            "user_email": f"buyer.{user}@example.com",
            "user_phone_number": f"+1206555{100 + user % 100:04}",
            "reference": reference,
        } | {"message": f"{_words(listing, number)['message']}\n\nReference {reference}"}


def _words(listing: Listing, number: int) -> dict[str, str]:
    """Title, message and category of one of four things that happen to a listing.

    None is a `listing_alert`: that is promotional, and at night its SMS would wait for the morning.
    """
    home = _home(listing)
    match number % 4:
        case 0:
            before = round(listing.list_price * 1.05 / 1000) * 1000
            return {
                "category": "price_change",
                "title": f"Price Change: now ${listing.list_price:,} in {listing.postal_code}",
                "message": f"{home}\nIt was ${before:,} before.",
            }
        case 1 | 2:
            return {
                "category": "new_listing",
                "title": f"New Listing: ${listing.list_price:,} in {listing.postal_code}",
                "message": f"{home}\nIt matches your saved search for {listing.postal_code}.",
            }
        case _:
            return {
                "category": "viewing",
                "title": f"Open House on Saturday in {listing.postal_code}",
                "message": f"{home}\nAsking ${listing.list_price:,}. Doors are open from 11 to 1.",
            }


def _home(listing: Listing) -> str:
    rooms = f"{listing.bedrooms_total} bedroom{'' if listing.bedrooms_total == 1 else 's'}"
    lines = f"{rooms}, {listing.living_area:,} sq ft, built in {listing.year_built}"
    return f"{lines}, on the waterfront" if listing.waterfront else lines

"""`properties`: which listings are of one home, and how to correct it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from property_alert_notification.cli.options import AsJson, command_group
from property_alert_notification.cli.tables import local, print_facts, print_rows

if TYPE_CHECKING:
    from property_alert_notification.operators.properties.service import HomeView, ListingName, PropertyService

app = command_group("Show which listings are of one home; split and merge homes.", start="properties show LISTING")

Listing = Annotated[
    str, typer.Argument(metavar="LISTING", help="Its ListingKey, or SOURCE/KEY if several sources have it.")
]
Listings = Annotated[
    list[str], typer.Argument(metavar="LISTING...", help="ListingKeys, or SOURCE/KEY if several sources have it.")
]


@app.command()
def show(listing: Listing, as_json: AsJson = False) -> None:
    r"""Show the home of a listing, and its other listings.

    For example:

    `property-alerts properties show 6414100192`
    """
    _print(asyncio.run(_home(listing)), as_json=as_json)


@app.command()
def split(listings: Listings, as_json: AsJson = False) -> None:
    r"""Take listings out of their home: together they are another one. They stay apart when their next records come.

    If the other home is on the market, users whose searches match it are alerted.

    For example:

    `property-alerts properties split W-2041`\
    `property-alerts properties split Portal/W-2041 W-2042`
    """

    async def correct(service: "PropertyService") -> "HomeView":
        from property_alert_notification.operators.properties.service import find

        names = [_named(listing) for listing in listings]
        return await service.split((await find(service.connection, names[0])).property_id, names)

    _print(_correct(correct), as_json=as_json)


@app.command()
def merge(listing: Listing, other: Listing, as_json: AsJson = False) -> None:
    r"""Make the homes of two listings one. They stay one when their next records come.

    For example:

    `property-alerts properties merge 6414100192 W-2041`
    """

    async def correct(service: "PropertyService") -> "HomeView":
        from property_alert_notification.operators.properties.service import find

        homes = [(await find(service.connection, _named(each))).property_id for each in (listing, other)]
        return await service.merge(*homes)

    _print(_correct(correct), as_json=as_json)


def _named(text: str) -> "ListingName":
    from property_alert_notification.operators.properties.service import ListingName

    # No key has a slash.
    source, slash, key = text.rpartition("/")
    return ListingName(key, source if slash else None)


async def _home(listing: str) -> "HomeView":
    from property_alert_notification.cli.store import configured
    from property_alert_notification.operators.properties.service import find, view

    async with configured() as database, database.reading() as connection:
        return await view(connection, (await find(connection, _named(listing))).property_id)


def _correct(correction: "Callable[[PropertyService], Awaitable[HomeView]]") -> "HomeView":
    from property_alert_notification.base.settings import load
    from property_alert_notification.cli.store import actor, configured
    from property_alert_notification.homes.listings.settings import ListingSettings
    from property_alert_notification.operators.properties.service import PropertyService

    async def work() -> "HomeView":
        periods = load(ListingSettings).periods
        async with configured() as database, database.transaction() as connection:
            return await correction(PropertyService(connection, database.clock, periods, actor()))

    return asyncio.run(work())


def _print(home: "HomeView", *, as_json: bool) -> None:
    from property_alert_notification.operators.properties.schemas import PropertyPublic

    shown = PropertyPublic.of(home)
    if as_json:
        typer.echo(shown.model_dump_json(indent=2))
        return
    print_facts("property", str(shown.id), [("merged", ", ".join(map(str, shown.merged_ids)) or "none")])
    print_rows(
        ("listing", "source", "status"),
        [(one.ListingKey, one.SourceSystemName or "", one.StandardStatus) for one in shown.listings],
    )
    if shown.rulings:
        words = {True: "the same home", False: "not the same home"}
        print_rows(
            ("said of", "that they are", "by", "at"),
            [(", ".join(one.listing_keys), words[one.same], one.made_by, local(one.made_at)) for one in shown.rulings],
        )

"""Finds the subjects of a user's consent records: the user, and the user's addresses."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.suppressions.subjects import Subjects

AddressesOf = Callable[[AsyncConnection, int], Awaitable[Collection[tuple[Channel, str]]]]
"""The addresses at which a user was reached. Rooms above this one have them."""


async def subjects_of(
    connection: AsyncConnection, user_id: int, subjects: Subjects, addresses_of: AddressesOf
) -> list[str]:
    """The hashes of a user, of the addresses in the user's profile, and of those at which the user was reached."""
    profile = (await run_within(connection, profiles_of([user_id]))).get(user_id)
    addresses = {*_addresses(profile), *await addresses_of(connection, user_id)}
    hashes = [one for channel, address in sorted(addresses) for one in subjects.of_address(channel, address)]
    return [*subjects.of_user(user_id), *hashes]


def _addresses(profile: Profile | None) -> set[tuple[Channel, str]]:
    fields = {channel: definition_of(channel).profile_field for channel in Channel}
    found = {channel: profile and field and getattr(profile, field) for channel, field in fields.items()}
    return {(channel, address) for channel, address in found.items() if address}


async def _addresses_of(request: Request) -> AddressesOf:
    return cast(AddressesOf, request.app.state.addresses_of)


AddressesOfDep = Annotated[AddressesOf, Depends(_addresses_of)]

"""Profiles over HTTP: callers read them, and the User service pushes them."""

from fastapi import status

from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import InvalidField, ProfileDamaged, ProfileNotFound, UnreadableRow
from property_alert_notification.base.vocabulary import Channel, Scope
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.people.dependencies import AddressRulesDep, UserId
from property_alert_notification.people.directory import queries
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.directory.schemas import ProfilePublic, ProfilePut
from property_alert_notification.people.reevaluate import ReevaluateDep

router = KeyedRouter("/users/{user_id}/profile", "users")

# A test key must neither change what real people receive nor read their addresses.
_MAY_READ = needs(Scope.USERS_READ, live_only=True)
_MAY_WRITE = needs(Scope.USERS_WRITE, live_only=True)


@router.get("", responses=documented(404, 409), dependencies=[_MAY_READ])
async def read_profile(user_id: UserId, database: DatabaseDep) -> ProfilePublic:
    """Read the stored profile of a user. This call does not request it from the User service.

    409 if the stored row is damaged; decisions treat it as missing.
    """
    try:
        async with database.reading() as connection:
            entry = await queries.find(connection, user_id)
    except UnreadableRow:
        raise ProfileDamaged from None
    if entry is None or entry.profile is None:
        raise ProfileNotFound
    return _public(entry.profile, entry)


@router.put("", dependencies=[_MAY_WRITE])
async def put_profile(
    user_id: UserId,
    body: ProfilePut,
    rules: AddressRulesDep,
    database: DatabaseDep,
    clock: ClockDep,
    reevaluate: ReevaluateDep,
) -> ProfilePublic:
    """Replace the profile of a user. The User service calls this when a profile changes.

    A field that is left out becomes unknown. Notifications that wait for the user's addresses are sent at once.
    """
    addresses = {field: _stored(field, getattr(body, field), rules) for field in _ADDRESSES}
    profile = Profile(user_id, **(body.model_dump() | addresses))
    entry = Entry(profile, clock.now(), pushed=True)
    async with database.transaction() as connection:
        await queries.put(connection, {user_id: entry})
        await reevaluate(connection, [user_id])
    return _public(profile, entry)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, dependencies=[_MAY_WRITE])
async def delete_profile(user_id: UserId, database: DatabaseDep, clock: ClockDep, reevaluate: ReevaluateDep) -> None:
    """Record that the user does not exist. The User service calls this after it deleted a user.

    The stored profile is deleted. The answer is the same whether there was one or not.
    """
    async with database.transaction() as connection:
        await queries.put(connection, {user_id: Entry(None, clock.now(), pushed=True)})
        await reevaluate(connection, [user_id])


_ADDRESSES = ("email", "phone_number")


def _stored(field: str, address: str | None, rules: AddressRules) -> str | None:
    """Bring an address into its stored form.

    Raises:
        InvalidField: the address is invalid.
    """
    if address is None:
        return None
    try:
        return rules.normalise(next(one for one in Channel if definition_of(one).profile_field == field), address)
    except InvalidField as fault:
        raise InvalidField(field, fault.problem) from None


def _public(profile: Profile, entry: Entry) -> ProfilePublic:
    return ProfilePublic(
        user_id=profile.user_id,
        email=profile.email,
        phone_number=profile.phone_number,
        name=profile.name,
        language=profile.language,
        time_zone=profile.time_zone,
        country=profile.country,
        known_at=entry.known_at,
        pushed=entry.pushed,
    )

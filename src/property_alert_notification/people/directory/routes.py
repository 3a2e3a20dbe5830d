"""What the directory holds of a user, over HTTP: to be read, and pushed by the User service."""

from fastapi import status

from property_alert_notification.api.dependencies import ClockDep, DatabaseDep, KeyedRouter, needs
from property_alert_notification.api.problems import documented
from property_alert_notification.base.errors import InvalidField, ProfileNotFound
from property_alert_notification.base.vocabulary import Channel, Scope
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.people.decide_again import DecideAgainDep
from property_alert_notification.people.dependencies import AddressRulesDep, UserId
from property_alert_notification.people.directory import queries
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.directory.schemas import ProfilePublic, ProfilePut

router = KeyedRouter("/users/{user_id}/profile", "users")

# A test key must change nothing of what real people receive, and show nothing of where they are reached.
_MAY_READ = needs(Scope.USERS_READ, live_only=True)
_MAY_WRITE = needs(Scope.USERS_WRITE, live_only=True)


@router.get("", responses=documented(404), dependencies=[_MAY_READ])
async def read_profile(user_id: UserId, database: DatabaseDep) -> ProfilePublic:
    """What the directory holds of a user. The User service is not asked: that happens when a notification needs it."""
    async with database.reading() as connection:
        entry = await queries.find(connection, user_id)
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
    decide_again: DecideAgainDep,
) -> ProfilePublic:
    """Say all that is known of a user: for the User service, when something of it changes.

    What is left out becomes unknown. Notifications that wait for the user's addresses are sent at once.
    """
    addresses = {field: _stored(field, getattr(body, field), rules) for field in _ADDRESSES}
    profile = Profile(user_id, **(body.model_dump() | addresses))
    entry = Entry(profile, clock.now(), pushed=True)
    async with database.transaction() as connection:
        await queries.put(connection, {user_id: entry})
        await decide_again(connection, [user_id])
    return _public(profile, entry)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, dependencies=[_MAY_WRITE])
async def delete_profile(user_id: UserId, database: DatabaseDep, clock: ClockDep, decide_again: DecideAgainDep) -> None:
    """Say that the user does not exist any more: for the User service, when it has deleted one.

    All that the directory held is forgotten, but for that; it is the same whether it held anything or not.
    """
    async with database.transaction() as connection:
        await queries.put(connection, {user_id: Entry(None, clock.now(), pushed=True)})
        await decide_again(connection, [user_id])


_ADDRESSES = ("email", "phone_number")


def _stored(field: str, address: str | None, rules: AddressRules) -> str | None:
    """An address in the form that is stored.

    Raises:
        InvalidField: no message can be sent to it.
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

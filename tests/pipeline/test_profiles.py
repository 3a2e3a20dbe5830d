"""The table of profiles, on each store: what is newer stays, and many are read in one statement."""

from datetime import timedelta

from sqlalchemy import text

from property_alert_notification.database import run_within
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.directory import queries
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.directory.scripts import places_of, profiles_of
from tests.pipeline.world import EMAIL, World

ADA = Profile(1, "ada@example.com", "+14155552671", "Ada", "en", "America/Los_Angeles", "US")
SECOND = timedelta(seconds=1)


async def test_profiles_of_many_users_are_read_in_one_step(world: World) -> None:
    now = world.parts.clock.now()
    await _put(world, {1: Entry(ADA, now), 2: Entry(None, now), 3: Entry(Profile(3), now, pushed=True)})

    found = await world.parts.database.run(profiles_of([1, 2, 3, 4]))
    places = await world.parts.database.run(places_of([1, 2, 3, 4]))
    async with world.parts.database.quick_reading() as connection:
        read = await run_within(connection, profiles_of([1, 2, 3, 4]))

    assert found == read == {1: ADA, 3: Profile(3)}
    assert places == {1: ADA._replace(email=None, name=None, language=None), 3: Profile(3)}


async def test_an_answer_older_than_the_stored_profile_changes_nothing(world: World) -> None:
    now = world.parts.clock.now()
    moved = ADA._replace(time_zone="Europe/Lisbon", country="PT")
    await _put(world, {1: Entry(moved, now, pushed=True)})

    await _put(world, {1: Entry(ADA, now - SECOND, etag="old"), 2: Entry(ADA, now)})
    async with world.parts.database.reading() as connection:
        held = await queries.entries_of(connection, [1, 2])
    await _put(world, {1: Entry(None, now + SECOND)})
    async with world.parts.database.reading() as connection:
        gone = await queries.find(connection, 1)

    assert held == {1: Entry(moved, now, pushed=True), 2: Entry(ADA._replace(user_id=2), now)}
    assert gone == Entry(None, now + SECOND)


async def test_without_a_user_service_a_pushed_profile_counts_however_old_it_is(world: World) -> None:
    await world.a_user()
    await _put(world, {1: Entry(ADA, world.parts.clock.now() - timedelta(days=400), pushed=True)})
    await world.a_worker()

    # As alerts are submitted; callers have to give addresses then.
    alert = Submission(user_id=1, title="A home", message="3 bedrooms", addresses={}, look_up=[EMAIL])
    sent = await world.until((await world.parts.acceptance.accept(alert)).id, "sent")

    assert [one.address for one in sent.deliveries] == [ADA.email]


async def test_a_row_that_cannot_be_read_is_as_good_as_none(world: World) -> None:
    # PostgreSQL keeps no value of another kind.
    damages = ("email = x'00'", "known_at = 'never'", "etag = x'00'") if world.parts.database.is_sqlite else ()
    now = world.parts.clock.now()
    await _put(world, {n: Entry(ADA, now) for n in range(1, 5)})
    async with world.parts.database.transaction() as connection:
        for n, damage in enumerate(damages, start=2):
            await connection.execute(text(f"UPDATE profiles SET {damage} WHERE user_id = {n}"))

    async with world.parts.database.reading() as connection:
        held = await queries.entries_of(connection, range(1, 5))
    found = await world.parts.database.run(profiles_of(range(1, 5)))

    assert set(held) == ({1} if damages else {1, 2, 3, 4})
    assert set(found) == ({1, 3, 4} if damages else {1, 2, 3, 4})


async def _put(world: World, entries: dict[int, Entry]) -> None:
    async with world.parts.database.transaction() as connection:
        await queries.put(connection, entries)

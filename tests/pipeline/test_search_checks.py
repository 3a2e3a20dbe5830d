"""Searches are looked at from time to time: their users hear of it, and keep what they need by one click."""

from datetime import timedelta

import httpx2
import numpy as np
import pytest
from sqlalchemy import select, update

from property_alert_notification.app import create_app
from property_alert_notification.database import table_of
from property_alert_notification.feedback.unsubscribe.tokens import Tokens
from property_alert_notification.homes.alerts.before_sending.claim.scripts import up_to_date
from property_alert_notification.homes.criteria.evaluate import evaluate
from property_alert_notification.homes.saved_searches import changes
from property_alert_notification.homes.saved_searches.answers import public
from property_alert_notification.homes.saved_searches.estimate import Estimator
from property_alert_notification.homes.saved_searches.matched_days.days import SIZE, Days, add_matches, day_of, start_of
from property_alert_notification.homes.saved_searches.matched_days.scripts import last_match_days, note
from property_alert_notification.homes.saved_searches.models import MatchedDays, SavedSearch
from property_alert_notification.homes.saved_searches.preconditions import Expected
from property_alert_notification.homes.search_life.checks import SearchChecks
from property_alert_notification.homes.search_life.match_notes import MatchNotes
from property_alert_notification.notifications.models import Notification
from property_alert_notification.notifications.scripts import contents
from tests.pipeline.homes import Homes, a_home, up_to
from tests.pipeline.world import EMAIL, World
from tests.services.clock import SameDay
from tests.services.profiled import calls_of
from tests.services.serving import serving

_SEARCHES = table_of(SavedSearch)


async def search_of(homes: Homes, number: int) -> SavedSearch:
    async with homes.database.reading() as connection:
        [row] = (await connection.execute(select(_SEARCHES).where(_SEARCHES.c.number == number))).mappings()
        return SavedSearch(**row)


async def set_columns(homes: Homes, number: int, **values: object) -> None:
    async with homes.database.transaction() as connection:
        await connection.execute(update(_SEARCHES).where(_SEARCHES.c.number == number).values(**values))


async def let_match(homes: Homes, *numbers: int) -> None:
    found: dict[int, Days] = {}
    add_matches(found, np.array(sorted(numbers)), day_of(homes.clock.now()))
    await homes.database.run(note(found))


@pytest.fixture
async def checks(world: World, homes: Homes) -> SearchChecks:
    return SearchChecks(
        homes.database,
        homes.planner,
        Estimator(homes.database, homes.clock, too_many=1),
        Tokens(world.settings.link_keys),
        base_url="http://alerts.example.com",
        unopened=timedelta(days=30),
        wake=lambda: None,
    )


async def messages(homes: Homes) -> dict[int, tuple[str, str]]:
    table = table_of(Notification)
    async with homes.database.reading() as connection:
        found = await connection.execute(select(table.c.user_id, table.c.title, table.c.message))
        return {user: (title, message) for user, title, message in found}


async def unsent_because(homes: Homes) -> dict[int, str | None]:
    """Why the messages would not be sent now, by their users."""
    async with homes.database.reading() as connection:
        ids = list((await connection.execute(select(table_of(Notification).c.id))).scalars())
    stored = await homes.run(contents(ids))
    now, _ = await homes.run(up_to_date(stored, EMAIL, homes.clock.now()))
    return {one.user_id: None if one.outdated is None else one.outdated.code.value for one in now.values()}


async def test_searches_are_compared_in_a_thread_so_that_others_go_on(
    world: World, homes: Homes, checks: SearchChecks
) -> None:
    await world.a_user(1)
    await homes.list(a_home(), a_home(key="2"))
    number = await homes.search(1, up_to(500_000))
    await set_columns(homes, number, check_at=homes.clock.now())

    with calls_of(evaluate) as calls:
        looked_at = await checks.check_due()

    assert (looked_at, calls()) == (1, 0)
    assert await messages(homes)


async def test_users_hear_of_what_becomes_of_their_searches_and_keep_one(
    world: World, homes: Homes, checks: SearchChecks
) -> None:
    now = homes.clock.now()
    long_ago = now - timedelta(days=100)
    for user in range(1, 6):
        await world.a_user(user)
    quiet, ignored, wide, fine, damaged = [await homes.search(user, up_to(500_000)) for user in range(1, 6)]
    await homes.list(a_home(), a_home(key="2"))
    for number in (quiet, ignored, wide, fine, damaged):
        await set_columns(homes, number, check_at=now, viewed_at=now, told_too_many=True)
    await let_match(homes, ignored, wide, fine, damaged)
    await set_columns(homes, quiet, created_at=long_ago, changed_at=long_ago)
    await set_columns(
        homes,
        ignored,
        viewed_at=long_ago,
        unseen_since=long_ago,
        ignored=1,
        schedule_type="Daily",
        daily_schedule="MondayAM",
    )
    await set_columns(homes, wide, told_too_many=False)
    await set_columns(homes, damaged, expression="no JSON")

    looked_at = [await checks.check_due() for _ in range(2)]

    told = await messages(homes)
    assert looked_at == [5, 0]
    assert {user: title for user, (title, _) in told.items()} == {
        1: "Your search “Near work” has found nothing for a while",
        2: "Your search “Near work” now alerts you once a week",
        3: "Your search “Near work” finds a great many homes",
        5: "Your search “Near work” cannot be used any more",
    }
    after = [await search_of(homes, number) for number in (quiet, ignored, wide, fine, damaged)]
    assert [one.reason_code for one in after] == [
        "No Listings Found Warning",
        "Final Ignored Warning",
        None,
        None,
        "Search Failing",
    ]
    assert [(one.active, one.version) for one in after] == [(True, 1), (True, 2), (True, 1), (True, 1), (False, 2)]
    assert (after[1].schedule_type, after[1].usual_schedule) == ("Weekly", "Daily MondayAM")

    path = told[2][1].partition("http://alerts.example.com")[2].split()[0]
    async with (
        serving(create_app(world.settings, with_worker=False, clock=SameDay())) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        shown = await client.get(path)
        unchanged = await search_of(homes, ignored)
        kept = [await client.post(path) for _ in range(2)]
        forged = await client.post(path.replace("?lang=en", "A?lang=en"))
    assert (shown.status_code, "Near work" in shown.text, unchanged.version) == (200, True, 2)
    assert ([one.status_code for one in kept], forged.status_code) == ([200, 200], 404)
    search = await search_of(homes, ignored)
    assert (search.schedule_type, search.daily_schedule, search.ignored) == ("Daily", "MondayAM", 0)
    assert (search.reason_code, search.version, search.usual_schedule) == ("Re-Activated", 3, None)

    # The messages still wait.
    assert await unsent_because(homes) == {1: None, 2: "search_changed", 3: None, 5: None}
    searches = [await search_of(homes, number) for number in (quiet, wide)]
    await homes.run(changes.remove(1, searches[0].id, expected=Expected(), now=now))
    await homes.run(changes.pause(3, searches[1].id, expected=Expected(), now=now))
    assert await unsent_because(homes) == {1: "search_paused", 2: "search_changed", 3: "search_paused", 5: None}


async def test_the_match_log_says_on_which_day_a_search_matched_last(world: World, homes: Homes) -> None:
    await world.a_user(1)
    some, none = await homes.search(1, up_to(600_000)), await homes.search(1, up_to(1))
    await homes.list(a_home(), a_home(key="2"))
    await homes.match()
    days = {start_of(day_of(homes.clock.now()))}
    notes = [MatchNotes(homes.database, homes.clock, wait=timedelta(minutes=wait)) for wait in (9, 0, 0)]

    read = [await one.note() for one in notes]

    days.add(start_of(day_of(homes.clock.now())))
    matched = await homes.run(last_match_days([some, none]))
    assert read == [0, 2, 0]
    assert matched[some] in days
    assert matched[none] is None


async def test_a_damaged_row_of_days_is_written_anew_and_its_searches_are_not_called_quiet(
    world: World, homes: Homes
) -> None:
    first, _ = [await homes.search(1) for _ in range(2)]
    await let_match(homes, first)
    async with homes.database.transaction() as connection:
        await connection.execute(update(table_of(MatchedDays)).values(days="no days"))

    await let_match(homes, first)

    today = start_of(day_of(homes.clock.now()))
    matched = await homes.run(last_match_days([first, first + 1, SIZE]))
    assert matched == {first: today, first + 1: today, SIZE: None}


@pytest.mark.parametrize("has_refused", [False, True])
async def test_no_step_is_taken_that_its_user_could_not_hear_of(
    world: World, homes: Homes, checks: SearchChecks, has_refused: bool
) -> None:
    now = homes.clock.now()
    number = await homes.search(1, up_to(500_000))
    long_ago = now - timedelta(days=100)
    if has_refused:
        await world.a_user(1, email=False, sms=False)
    await set_columns(homes, number, check_at=now, viewed_at=long_ago, unseen_since=long_ago, ignored=0)
    await let_match(homes, number)

    await checks.check_due()

    search = await search_of(homes, number)
    assert (search.active, search.ignored, search.version) == (True, 0, 1)
    assert search.check_at is not None
    assert await messages(homes) == {}


async def test_a_match_that_is_not_noted_yet_is_no_silence(world: World, homes: Homes, checks: SearchChecks) -> None:
    await world.a_user(1)
    number = await homes.search(1, up_to(600_000))
    await homes.list(a_home())
    await homes.match()
    long_ago = homes.clock.now() - timedelta(days=100)
    await set_columns(homes, number, check_at=long_ago, created_at=long_ago, changed_at=long_ago, told_too_many=True)

    assert await checks.check_due() == 1

    assert not any("found nothing" in title for title, _ in (await messages(homes)).values())
    search = await search_of(homes, number)
    assert search.reason_code is None


async def test_a_search_that_matches_again_is_not_said_to_find_nothing(world: World, homes: Homes) -> None:
    number = await homes.search(1)
    await set_columns(homes, number, told_at=homes.clock.now(), reason_code="No Listings Found Warning")
    search = await search_of(homes, number)

    said = [public(search, "en", at).ReasonActiveOrDisabled for at in (None, start_of(day_of(homes.clock.now())))]

    assert said == ["No Listings Found Warning", None]


async def test_a_warning_that_has_proved_wrong_is_answered_no_more(world: World, homes: Homes) -> None:
    number = await homes.search(1)
    long_ago = homes.clock.now() - timedelta(days=2)
    await set_columns(homes, number, warnings="matches_nothing", changed_at=long_ago)
    search = await search_of(homes, number)

    said = [public(search, "en", at).Warnings for at in (None, start_of(day_of(homes.clock.now())))]

    assert [[one.code for one in some] for some in said] == [["matches_nothing"], []]

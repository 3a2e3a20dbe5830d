"""Searches that do not alert at once: what they match is one digest, at the time of their own schedule."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import select, update

from property_alert_notification.app import create_app
from property_alert_notification.database import table_of
from property_alert_notification.homes.alerts.digests import log_matches, search_digests
from property_alert_notification.homes.alerts.models import MatcherLease, SearchDigest
from property_alert_notification.homes.alerts.queries import remove_old
from property_alert_notification.homes.alerts.shards.shard import WHOLE
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.models import Notification
from tests.pipeline.homes import ANY, Homes, a_home, a_matcher, up_to
from tests.pipeline.test_alert_crashes import Killed, Statements, lease_runs_out
from tests.pipeline.test_alerts import alerts, reasons
from tests.pipeline.test_digests import their_time_comes, windows
from tests.pipeline.test_pauses import pause, resume, until_it_knows
from tests.pipeline.world import World, eventually
from tests.services.clock import SameDay
from tests.services.serving import serving

DAILY = ScheduleType.DAILY


@pytest.fixture
async def user(world: World, homes: Homes) -> int:
    """A user with an address, whom alerts may be sent to."""
    await world.a_user(1)
    await homes.profile(1)
    return 1


async def digest_is_near(homes: Homes, *, minutes: int = 2) -> None:
    """It is shortly before the digests of all searches; what they matched is submitted."""
    await homes.match()
    await near(homes, minutes=minutes)
    await homes.match()


async def near(homes: Homes, *, minutes: int = 2) -> None:
    now = homes.clock.now()
    async with homes.database.transaction() as connection:
        soon = {"due_at": now, "closes_at": now + timedelta(minutes=minutes)}
        await connection.execute(update(table_of(SearchDigest)).values(**soon))
    homes.matcher._digests_at = 0


async def do_nothing() -> None:
    """The lease is not renewed."""


async def collected(world: World, count: int) -> None:
    """A worker has collected what was submitted for that many digests."""

    async def has_collected() -> bool:
        return len(await windows(world)) == count

    await eventually(has_collected)


async def test_a_daily_search_tells_all_homes_in_one_digest(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.search(user, up_to(700_000), name="Near school", schedule=DAILY)
    await homes.list(a_home(key="1"), a_home(key="2"), a_home(key="dear", ListPrice=900_000))
    await homes.match()
    assert await alerts(homes) == []
    await digest_is_near(homes)
    titles = ["New listing: 1 Pinehurst Way NE", "New listing: 2 Pinehurst Way NE"]
    assert sorted(title for _, title in await alerts(homes)) == titles
    await digest_is_near(homes)
    assert len(await alerts(homes)) == 2

    await world.a_worker()
    await collected(world, 1)
    await their_time_comes(world)
    [mail] = await world.smtp.wait_for(1)
    text = mail.parsed().get_body(("plain",)).get_content()
    assert all(title in text for title in titles)


async def test_what_happened_to_a_home_in_between_is_one_item(
    world: World, homes: Homes, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_digests, "SLICE", 1)
    await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.list(a_home())
    await homes.list(a_home(60, ListPrice=480_000))
    await homes.list(a_home(120, ListPrice=470_000))
    await digest_is_near(homes)
    [(_, title)] = await alerts(homes)
    message = await the_message(homes)
    assert title == "New listing: 1 Pinehurst Way NE"
    assert "Price: $470,000\nPrice changed from $500,000 to $470,000" in message


async def test_what_was_told_at_once_is_in_no_digest(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.search(user, up_to(600_000))
    await homes.list(a_home())
    await digest_is_near(homes)
    assert len(await alerts(homes)) == 1


async def test_a_search_that_was_paused_tells_nothing_any_more(world: World, homes: Homes, user: int) -> None:
    number = await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.list(a_home())
    await homes.match()
    await homes.change_search(number, None)
    await digest_is_near(homes)
    assert await alerts(homes) == []
    assert await waiting(homes) == []


async def test_a_search_that_was_edited_is_judged_as_it_is_now(world: World, homes: Homes, user: int) -> None:
    number = await homes.search(user, ANY, schedule=DAILY)
    await homes.list(a_home(key="cheap", ListPrice=100_000), a_home(key="dear"))
    await homes.match()
    await homes.change_search(number, up_to(200_000))
    await digest_is_near(homes)
    assert [title for _, title in await alerts(homes)] == ["New listing: cheap Pinehurst Way NE"]


async def test_a_search_that_now_alerts_at_once_tells_what_waited(world: World, homes: Homes, user: int) -> None:
    number = await homes.search(user, ANY, schedule=DAILY)
    await homes.list(a_home())
    await homes.match()
    await homes.change_search(number, ANY, schedule="ASAP")
    homes.matcher._digests_at = 0
    await homes.match()
    assert len(await alerts(homes)) == 1
    assert await waiting(homes) == []


async def test_what_matched_before_a_pause_is_dropped(world: World, homes: Homes, user: int) -> None:
    number = await homes.search(user, ANY, schedule=DAILY)
    await homes.list(a_home(key="before"))
    await homes.match()
    await homes.change_search(number, None)
    await homes.list(a_home(key="paused"))
    await homes.resume_search(number, ANY)
    await homes.list(a_home(key="after"))
    await digest_is_near(homes)
    assert [title for _, title in await alerts(homes)] == ["New listing: after Pinehurst Way NE"]


@pytest.mark.parametrize("schedule", ["ASAP", "Daily"])
async def test_an_edit_counts_when_the_matcher_comes_to_it(
    world: World, homes: Homes, user: int, schedule: str
) -> None:
    number = await homes.search(user, ANY, schedule=DAILY)
    await homes.list(a_home(key="1"))
    await homes.match()
    behind = homes.matcher._lease
    assert behind is not None
    await homes.list(a_home(key="2"))
    await homes.change_search(number, ANY, schedule=schedule)
    await near(homes)
    digests = search_digests.SearchDigests(homes.database, homes.planner, WHOLE)
    due = await digests.due(behind.position, renew=do_nothing)
    async with homes.database.transaction() as connection:
        await digests.submit(connection, due, behind.position)
    assert len(await alerts(homes)) == (0 if schedule == "ASAP" else 1)
    await digest_is_near(homes)
    assert len(await alerts(homes)) == 2


async def test_a_home_that_is_gone_is_in_no_digest(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, ANY, schedule=DAILY)
    await homes.list(a_home(key="gone"), a_home(key="sold"), a_home(key="here"))
    await homes.list(a_home(60, key="gone", StandardStatus="Withdrawn"))
    await digest_is_near(homes)
    assert len(await alerts(homes)) == 2
    await world.a_worker()
    await collected(world, 1)
    await homes.list(a_home(60, key="sold", StandardStatus="Closed"), a_home(60, key="here", ListPrice=450_000))
    await their_time_comes(world)
    [mail] = await world.smtp.wait_for(1)
    text = mail.parsed().get_body(("plain",)).get_content()
    assert "sold" not in text
    assert "here" in text
    told = "Price: $450,000\nYour saved search: Near work"
    assert told in text.replace("\r\n", "\n")
    async with homes.database.reading() as connection:
        stored = (await connection.execute(select(table_of(Notification).c.message))).scalars()
    assert any(told in message and "•" in message for message in stored)


async def test_a_home_that_another_agent_still_offers_is_in_the_digest(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, up_to(600_000), schedule=DAILY)
    same = {"UniversalParcelId": "US-53033-N-7000192-R-N", "UnparsedAddress": "7 Pine St", "PostalCode": "98125"}
    await homes.list(a_home(key="1", **same))
    await homes.list(a_home(10, key="2", **same))
    await homes.list(a_home(60, key="1", ListPrice=480_000, **same))
    await homes.list(a_home(120, key="1", StandardStatus="Withdrawn", ListPrice=480_000, **same))
    await digest_is_near(homes)
    assert [title for _, title in await alerts(homes)] == ["New listing: 7 Pine St"]
    assert "Price: $500,000" in await the_message(homes)


async def test_a_home_that_matches_no_longer_is_in_no_digest(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.list(a_home(key="1"), a_home(key="2"), a_home(key="3"))
    await homes.list(a_home(60, key="1", ListPrice=700_000))
    await digest_is_near(homes)
    assert len(await alerts(homes)) == 2
    await world.a_worker()
    await collected(world, 1)
    await homes.list(a_home(60, key="2", ListPrice=700_000))
    await their_time_comes(world)
    [mail] = await world.smtp.wait_for(1)
    text = mail.parsed().get_body(("plain",)).get_content()
    assert "3 Pinehurst" in text
    assert "2 Pinehurst" not in text


async def test_a_digest_that_is_held_tells_what_holds_when_it_is_sent(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.list(*(a_home(key=key) for key in ("sold", "dear", "here")))
    await digest_is_near(homes)
    worker = await world.a_worker()
    await collected(world, 1)
    await pause(world, "email")
    await until_it_knows(worker)
    await their_time_comes(world)
    await eventually(lambda: digest_of(world))
    await homes.list(
        a_home(60, key="sold", StandardStatus="Closed"),
        a_home(60, key="dear", ListPrice=700_000),
        a_home(60, key="here", ListPrice=450_000),
    )
    await resume(world, "email")

    [mail] = await world.smtp.wait_for(1)

    assert mail.parsed()["Subject"] == "Listing alerts: 1 new"
    text = mail.parsed().get_body(("plain",)).get_content()
    assert "$450,000" in text
    assert "sold" not in text
    assert "dear" not in text
    assert await item_reasons(world) == {"sold": "listing_gone", "dear": "no_longer_matches", "here": "in_digest"}


async def test_a_digest_of_which_nothing_holds_is_not_sent_and_says_why_of_each(
    world: World, homes: Homes, user: int
) -> None:
    await homes.search(user, up_to(600_000), schedule=DAILY)
    await homes.list(a_home(key="sold"), a_home(key="dear"))
    await digest_is_near(homes)
    worker = await world.a_worker()
    await collected(world, 1)
    await pause(world, "email")
    await until_it_knows(worker)
    await their_time_comes(world)
    await eventually(lambda: digest_of(world))
    await homes.list(a_home(60, key="sold", StandardStatus="Closed"), a_home(60, key="dear", ListPrice=700_000))
    await resume(world, "email")
    assert await item_reasons(world) == {"sold": "listing_gone", "dear": "no_longer_matches"}
    assert world.smtp.mails == []


async def item_reasons(world: World) -> dict[str, str]:
    """The reason of each item, by the key of its listing, once all have ended."""
    return {key: reason for key, reason in (await reasons(world)).items() if key}


async def digest_of(world: World) -> UUID | None:
    """The notification of the only digest, once it is made."""
    [window] = await windows(world)
    id_: UUID | None = window["digest_id"]
    return id_


async def test_a_digest_that_was_missed_is_made_once_and_soon(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, ANY, schedule=DAILY)
    await homes.list(a_home(key="1"), a_home(key="2"))
    await digest_is_near(homes, minutes=-90)
    await world.a_worker()
    await collected(world, 1)
    [window] = await windows(world)
    assert timedelta() < window["closes_at"] - homes.clock.now() <= timedelta(minutes=5)


async def waiting(homes: Homes) -> list[Any]:
    async with homes.database.reading() as connection:
        return list(await connection.execute(select(table_of(SearchDigest))))


async def the_message(homes: Homes) -> str:
    async with homes.database.reading() as connection:
        return str((await connection.execute(select(table_of(Notification).c.message))).scalar_one())


async def test_what_waits_for_a_digest_follows_the_preferences_of_its_user(
    world: World, homes: Homes, user: int
) -> None:
    daily, weekly, missed = [await homes.search(user, ANY, schedule=one) for one in (DAILY, ScheduleType.WEEKLY, DAILY)]
    await homes.match()
    await homes.match()
    digests, past = table_of(SearchDigest), homes.clock.now() - timedelta(hours=1)
    async with homes.database.transaction() as connection:
        await connection.execute(
            update(digests).where(digests.c.search_number == missed).values(due_at=past, closes_at=past)
        )
    assert {(at.hour, at.minute) for number, at in await digest_times(homes) if number != missed} == {(8, 0)}
    wanted = {"email_enabled": True, "sms_enabled": False, "time_zone": "America/Los_Angeles"}
    wanted["digest"] = {"at": "18:30", "weekday": "fri"}

    async with (
        serving(create_app(world.settings, with_worker=False, clock=SameDay())) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        answer = await client.put("/api/v1/preferences/1", json=wanted)

    assert answer.status_code == 200
    assert await digest_times(homes) == {(missed, past)}
    homes.matcher._digests_at = 0
    await homes.match()
    local = {number: at.astimezone(ZoneInfo("America/Los_Angeles")) for number, at in await digest_times(homes)}
    assert {(at.hour, at.minute) for at in local.values()} == {(18, 30)}
    assert (local.keys(), local[weekly].weekday()) == ({daily, weekly, missed}, 4)


async def digest_times(homes: Homes) -> set[tuple[int, datetime]]:
    """When the digests of searches are made, as far as it is computed, with the number of each search."""
    table = table_of(SearchDigest)
    async with homes.database.reading() as connection:
        found = await connection.execute(select(table.c.search_number, table.c.closes_at))
        return {(number, at) for number, at in found if at is not None}


async def test_a_matcher_killed_while_it_submits_a_digest_tells_all_once(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, ANY, schedule=DAILY)
    statements, place, told = Statements(homes.database), 0, 0
    while True:
        place += 3
        await homes.list(a_home(key=f"home {place}"))
        await homes.match()
        told += 1
        await near(homes)
        with statements.ended_at(place), suppress(Killed):
            while await homes.matcher.turn() == 0:
                pass
        was_killed = statements.count == place
        await lease_runs_out(homes)
        homes.matcher = a_matcher(homes.database, homes.planner)
        await homes.match()
        assert len(await alerts(homes)) == told, place
        if not was_killed:
            break
    assert place > 15


async def test_the_log_and_the_ledger_are_kept_as_long_as_listings(world: World, homes: Homes, user: int) -> None:
    await homes.search(user, ANY)
    await homes.list(a_home())
    await homes.match()
    now = homes.clock.now()
    async with homes.database.transaction() as connection:
        assert await remove_old(connection, until=now - timedelta(days=1), limit=10) == 0
        assert await remove_old(connection, until=now + timedelta(days=1), limit=10) == 1
        assert await remove_old(connection, until=now + timedelta(days=1), limit=10) == 0


async def test_the_log_is_read_once_for_many_searches_and_locks_nothing(
    world: World, homes: Homes, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (user, 2, 3):
        await world.a_user(one)
        await homes.search(one, up_to(600_000), schedule=DAILY)
    await homes.list(a_home(key="1"), a_home(key="2"))
    await homes.match()
    await near(homes)
    monkeypatch.setattr(search_digests, "AT_ONCE", 1)
    monkeypatch.setattr(log_matches, "SLICE", 1)
    read: list[int] = []
    entries_of_shard = log_matches.entries_of_shard

    async def read_while_another_writes(connection: Any, *, after: int, **others: Any) -> Any:
        read.append(after)
        found = await entries_of_shard(connection, after=after, **others)
        async with homes.database.transaction() as other:
            await other.execute(update(table_of(MatcherLease)).values(holder=None))
        return found

    monkeypatch.setattr(log_matches, "entries_of_shard", read_while_another_writes)
    await homes.match()
    assert read == sorted(set(read))
    assert len(await alerts(homes)) == 6


async def test_a_home_is_one_item_for_all_searches_of_a_user_however_few_are_submitted_at_once(
    world: World, homes: Homes, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Near work", "Near school"):
        await homes.search(user, up_to(600_000), name=name, schedule=DAILY)
    await homes.list(a_home())
    monkeypatch.setattr(search_digests, "AT_ONCE", 1)
    await digest_is_near(homes)
    message = await the_message(homes)
    assert "Near work" in message
    assert "Near school" in message


async def test_a_search_whose_matches_cannot_be_submitted_keeps_no_digest_from_others(
    world: World, homes: Homes, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_user(2)
    for one in (user, 2):
        await homes.search(one, up_to(600_000), schedule=DAILY)
    await homes.list(a_home())
    await homes.match()
    submitter = homes.matcher._digests._submitter
    submit = submitter.submit

    async def refuse_the_first(connection: Any, wanted: Any) -> Any:
        if any(one.person == user for one in wanted):
            raise ValueError("no store takes this")
        return await submit(connection, wanted)

    with monkeypatch.context() as broken:
        broken.setattr(submitter, "submit", refuse_the_first)
        await digest_is_near(homes)
    assert [told for told, _ in await alerts(homes)] == [2]
    await digest_is_near(homes)
    assert [told for told, _ in await alerts(homes)] == [2, user]

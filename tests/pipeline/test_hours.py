"""Messages wait for their hour, on each store, by a clock that the test sets."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

import pytest
from sqlalchemy import event, text

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, DeliveryState
from property_alert_notification.deliveries.holds import scripts as holds
from property_alert_notification.deliveries.records import Settlement
from property_alert_notification.notifications import queries
from property_alert_notification.notifications.answers import DeliveryPublic
from property_alert_notification.notifications.reevaluate import reevaluate_by
from property_alert_notification.notifications.release import release_due
from property_alert_notification.people.directory import queries as directory
from property_alert_notification.people.directory.profile import Entry, Profile
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference, words_of
from property_alert_notification.people.preferences.rules import PersonalRules, QuietHours
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.wiring import assemble
from tests.pipeline.conftest import STORES
from tests.pipeline.world import World, only
from tests.services.smtp import SmtpServer

EMAIL, SMS = Channel("email"), Channel("sms")
EVENING = datetime(2026, 3, 28, 21, tzinfo=UTC)
"""In Berlin it is 22:00; the clock will go from 2:00 to 3:00 in this night."""
NIGHT = QuietHours(frozenset(range(7)), time(21), time(8))
HOUR = timedelta(hours=1)


class SetClock(Clock):
    """The time that a test sets."""

    at = EVENING

    def _nanoseconds(self) -> int:
        return (self.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000

    def follow(self, *_: Any, **__: Any) -> float:
        return 0.0

    @property
    def follows(self) -> bool:
        return True


class Night(World):
    """A world in which it is the evening before a message may be sent."""

    planner_hears_nothing = False
    """Whether a change is seen only when it is looked at, as one that was made while something fell due."""

    async def __aenter__(self) -> Self:

        self.clock = SetClock()
        self.parts = await self._stack.enter_async_context(assemble(self.settings, clock=self.clock))
        return self

    async def a_person(self, *quiet_hours: QuietHours, zone: str | None = None, language: str | None = None) -> None:
        """Set the preferences of the user: both channels, and these rules."""
        rules = write_rules(PersonalRules(language=language, time_zone=zone, quiet_hours=quiet_hours))
        preference = Preference(
            user_id=1, channels=words_of([EMAIL, SMS]), rules=rules, updated_at=self.parts.clock.now()
        )
        async with self.parts.database.transaction() as connection:
            await preferences.put(connection, preference, test=False)
            if not self.planner_hears_nothing:
                await reevaluate_by(self.planner)(connection, [1])

    async def a_profile(self, **fields: Any) -> None:
        """The User service says this of the user."""
        async with self.parts.database.transaction() as connection:
            await directory.put(connection, {1: Entry(Profile(1, **fields), self.clock.now(), pushed=True)})
            await reevaluate_by(self.planner)(connection, [1])

    async def is_sent(self, notification: UUID, channel: Channel = EMAIL) -> bool:
        """Whether a worker that looks at it now sends it."""
        return bool(await self.claim((await self.delivery(notification, channel)).id, channel=channel))


@pytest.fixture(params=STORES)
async def night(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings], smtp_server: SmtpServer
) -> AsyncIterator[Night]:
    async with Night(make_settings(request.param), smtp_server) as world:
        yield world


def held(delivery: DeliveryPublic) -> tuple[str, str | None, datetime | None, str, int]:
    return delivery.state, delivery.held_by, delivery.due_at, delivery.reason_code, len(delivery.attempts)


QUIET_UNTIL_8 = (
    "email: waits, it is held by the user's quiet hours until 2026-03-29T08:00:00+02:00 (time zone: Europe/Berlin)"
)


async def waits(world: Night, notification: UUID) -> list[str]:
    """What the timeline says of waiting, also when it is over."""
    return [
        entry.what for entry in (await world.detail(notification)).timeline if entry.what.startswith("email: waits")
    ]


async def test_a_message_accepted_in_quiet_hours_is_held_until_they_end(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")
    morning = EVENING + 9 * HOUR  # 8:00 of a summer's day: the night has an hour less

    notification = await night.accept()
    delivery = await night.delivery(notification)

    assert held(delivery) == (DeliveryState.HELD, "quiet_hours", morning, "quiet_hours", 0)
    assert QUIET_UNTIL_8.endswith(delivery.reason)
    assert (await night.detail(notification)).status == "pending"
    night.clock.at = morning - timedelta(microseconds=1)
    assert not await night.is_sent(notification)
    night.clock.at = morning
    assert await night.is_sent(notification)
    assert await waits(night, notification) == [QUIET_UNTIL_8]


async def test_a_notification_released_in_quiet_hours_is_held(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")
    notification = await night.accept(send_at=EVENING + HOUR)
    night.clock.at = EVENING + HOUR

    async with night.parts.database.transaction() as connection:
        await release_due(connection, night.planner)

    assert (await night.delivery(notification)).held_by == "quiet_hours"
    assert await waits(night, notification) == [QUIET_UNTIL_8]


async def test_a_claim_holds_a_delivery_that_reaches_quiet_hours(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")
    night.clock.at = EVENING - 2 * HOUR
    notification = await night.accept()
    assert (await night.delivery(notification)).state == DeliveryState.QUEUED

    night.clock.at = EVENING
    assert not await night.is_sent(notification)

    morning = EVENING + 9 * HOUR
    assert held(await night.delivery(notification)) == ("held", "quiet_hours", morning, "quiet_hours", 0)
    night.clock.at = morning
    assert await night.is_sent(notification)
    assert (await night.delivery(notification)).held_by is None
    assert await waits(night, notification) == [QUIET_UNTIL_8]


async def test_a_hold_that_is_recorded_again_after_a_lost_answer_is_one(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")
    notification = await night.accept()
    delivery = (await night.delivery(notification)).id
    again = Settlement(
        delivery, 0, DeliveryState.HELD, Reason(ReasonCode.PREFERENCES_UNREADABLE), None, None, night.clock.now()
    )

    for statement in holds.of_settled([again]) * 2:
        await night.parts.database.run(only(statement))

    assert await waits(night, notification) == [QUIET_UNTIL_8]


async def test_a_promotional_sms_waits_for_the_law_of_every_place_in_which_its_user_may_be(night: Night) -> None:
    await night.a_person()

    notification = await night.accept(category="listing_alert")

    # 14:00 in San Francisco, 11:00 in Honolulu, and 17:00 in New York: allowed anywhere in the country.
    assert (await night.delivery(notification, SMS)).state == DeliveryState.QUEUED
    night.clock.at = EVENING + 5 * HOUR
    late = await night.accept(category="listing_alert")
    in_all = EVENING + 21 * HOUR  # 8:00 in Honolulu
    assert held(await night.delivery(late, SMS)) == ("held", "legal_window", in_all, "legal_window", 0)
    assert (await night.delivery(late, EMAIL)).state == DeliveryState.QUEUED
    assert not await night.is_sent(notification, SMS)

    await night.a_profile(time_zone="America/Los_Angeles")
    assert await night.is_sent(notification, SMS)
    assert await night.is_sent(late, SMS)


async def test_a_zone_that_changes_meanwhile_counts_at_once(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")
    notification = await night.accept()
    await night.a_person(NIGHT, zone="America/New_York")
    assert (await night.delivery(notification)).due_at == EVENING
    assert await night.is_sent(notification)

    second = await night.accept()
    await night.a_person(NIGHT, zone="Asia/Kathmandu")
    assert not await night.is_sent(second)
    morning = EVENING + timedelta(hours=5, minutes=15)
    assert held(await night.delivery(second)) == ("held", "quiet_hours", morning, "quiet_hours", 0)


async def test_urgent_transactional_messages_go_at_once(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")

    assert await night.is_sent(await night.accept(urgent=True))
    assert (await night.delivery(await night.accept(category="listing_alert", urgent=True))).state == "held"


async def test_a_message_without_an_allowed_moment_waits_a_day_and_expires_in_the_end(night: Night) -> None:
    halves = [QuietHours(NIGHT.days, time(0), time(12)), QuietHours(NIGHT.days, time(12), time(0))]
    await night.a_person(*halves, zone="Europe/Berlin")
    notification = await night.accept()

    for day in range(1, 5):
        due_at = EVENING + timedelta(days=day)
        expected = ("held", "quiet_hours", due_at, "no_allowed_moment", 0)
        assert held(await night.delivery(notification)) == expected
        night.clock.at = due_at
        assert not await night.is_sent(notification)
    night.clock.at = EVENING + timedelta(days=5)
    assert not await night.is_sent(notification)
    assert (await night.delivery(notification)).state == DeliveryState.EXPIRED


async def test_a_change_makes_only_held_deliveries_of_its_user_due(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")
    mine, paused = [await night.accept() for _ in range(2)]
    await night.a_user(2, email=True)
    other = await night.accept(2)
    async with night.parts.database.transaction() as connection:
        for notification, holder in ((paused, "pause:email"), (other, "quiet_hours")):
            delivery = (await night.delivery(notification)).id
            value: Any = delivery.hex if night.parts.database.is_sqlite else delivery
            await connection.execute(
                text("UPDATE deliveries SET state = 'held', held_by = :holder WHERE id = :id"),
                {"holder": holder, "id": value},
            )
    due = {one: (await night.delivery(one)).due_at for one in (mine, paused, other)}
    night.clock.at = EVENING + HOUR

    await night.a_person(NIGHT, zone="Asia/Tokyo")

    assert (await night.delivery(mine)).due_at == EVENING + HOUR
    for one in (paused, other):
        assert (await night.delivery(one)).due_at == due[one]


async def test_a_message_that_needs_no_profile_costs_no_look_at_one(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin", language="de")
    async with night.parts.database.transaction() as connection:
        await connection.execute(text("DROP TABLE profiles"))

    plain = await night.accept(category="listing_alert", channels=["email"], user_phone_number=None)
    assert not await night.is_sent(plain)
    night.clock.at = EVENING + 9 * HOUR
    assert await night.is_sent(plain)


async def test_a_change_looks_at_its_own_user_s_notifications_only(night: Night) -> None:
    """A store with a million held for others would take a second along an index of what is held."""
    ran: list[tuple[str, Any]] = []
    explain = "EXPLAIN QUERY PLAN" if night.parts.database.is_sqlite else "EXPLAIN"
    async with night.parts.database.transaction() as connection:
        if not night.parts.database.is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))

        @event.listens_for(connection.sync_connection, "before_cursor_execute")
        def note(_connection: Any, _cursor: Any, words: str, parameters: Any, *_: Any) -> None:
            ran.append((words, parameters))

        await queries.end_hold(connection, [1], now=EVENING)
        await queries.at_local_times(connection, [1])
        plans = [str((await connection.exec_driver_sql(f"{explain} {one[0]}", one[1])).all()) for one in tuple(ran)]

    assert len(plans) == 2
    for plan in plans:
        assert "ix_notifications_user" in plan
        assert not {index for index in ("holder", "held", "open", "status", "scheduled") if f"_{index}" in plan}

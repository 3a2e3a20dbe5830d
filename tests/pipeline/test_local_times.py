"""Notifications for a time of their user's clock, on each store, by a clock that the test sets."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.api.access.admission import ANONYMOUS
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import NotificationStatus
from property_alert_notification.notifications import changes
from property_alert_notification.notifications.answers import NotificationDetail
from property_alert_notification.notifications.release import release_due
from property_alert_notification.notifications.schemas import NotificationPatch
from tests.pipeline.test_hours import EVENING, NIGHT, Night, night

__all__ = ["night"]

MORNING = "2026-03-29T09:00"
"""After the night in which Berlin's clock goes forward."""
IN_BERLIN = datetime(2026, 3, 29, 7, tzinfo=UTC)
IN_NEW_YORK = datetime(2026, 3, 29, 13, tzinfo=UTC)
IN_KATHMANDU = datetime(2026, 3, 29, 3, 15, tzinfo=UTC)


async def when(world: Night, notification: UUID) -> tuple[str, datetime | None]:
    detail = await world.detail(notification)
    return detail.status, detail.send_at


async def release(world: Night) -> int:
    async with world.parts.database.transaction() as connection:
        return await release_due(connection, world.planner)


async def change(world: Night, notification: UUID, **fields: Any) -> NotificationDetail:
    async with world.parts.database.transaction() as connection:
        patch = NotificationPatch(**fields)
        return await changes.change(connection, notification, patch, ANONYMOUS, world.planner)


async def test_it_is_released_when_its_user_s_clock_shows_the_time(night: Night) -> None:
    await night.a_person(zone="Europe/Berlin")
    notification = await night.accept(send_at_local=MORNING)

    assert await when(night, notification) == (NotificationStatus.SCHEDULED, IN_BERLIN)
    assert (await night.detail(notification)).send_at_local == MORNING
    night.clock.at = IN_BERLIN - timedelta(microseconds=1)
    assert await release(night) == 0
    night.clock.at = IN_BERLIN
    assert await release(night) == 1
    assert await night.is_sent(notification)


@pytest.mark.parametrize(("zone", "moment"), [("America/New_York", IN_NEW_YORK), ("Asia/Kathmandu", IN_KATHMANDU)])
async def test_a_zone_that_changes_before_it_is_planned_moves_it(night: Night, zone: str, moment: datetime) -> None:
    await night.a_person(zone="Europe/Berlin")
    by_preferences = await night.accept(send_at_local=MORNING)
    await night.a_user(2)
    other = await night.accept(2, send_at_local=MORNING)
    before = await when(night, other)

    await night.a_person(zone=zone)

    assert await when(night, by_preferences) == (NotificationStatus.SCHEDULED, moment)
    assert await when(night, other) == before
    await night.a_person()
    await night.a_profile(time_zone=zone)
    assert await when(night, by_preferences) == (NotificationStatus.SCHEDULED, moment)


async def test_a_zone_of_which_nothing_was_heard_is_found_when_it_falls_due(night: Night) -> None:
    await night.a_person(zone="Europe/Berlin")
    notification = await night.accept(send_at_local=MORNING)
    night.planner_hears_nothing = True
    await night.a_person(zone="America/New_York")
    assert await when(night, notification) == (NotificationStatus.SCHEDULED, IN_BERLIN)

    night.clock.at = IN_BERLIN
    await release(night)

    assert await when(night, notification) == (NotificationStatus.SCHEDULED, IN_NEW_YORK)


async def test_without_a_zone_it_waits_for_the_last_one_that_is_possible(night: Night) -> None:
    await night.a_person()
    notification = await night.accept(send_at_local=MORNING)

    assert await when(night, notification) == (NotificationStatus.SCHEDULED, IN_BERLIN + timedelta(hours=12))
    await night.a_profile(country="NP", phone_number="+9779800000000")
    # The number of the notification is American, so the user may still be in Honolulu.
    assert await when(night, notification) == (NotificationStatus.SCHEDULED, IN_BERLIN + timedelta(hours=12))
    await night.a_profile(time_zone="Asia/Kathmandu")
    assert await when(night, notification) == (NotificationStatus.SCHEDULED, IN_KATHMANDU)


async def test_a_time_that_has_passed_is_at_once_and_quiet_hours_count_all_the_same(night: Night) -> None:
    await night.a_person(NIGHT, zone="Europe/Berlin")

    notification = await night.accept(send_at_local="2026-03-28T21:30")

    assert (await night.delivery(notification)).held_by == "quiet_hours"


async def test_a_change_has_either_send_at_or_send_at_local(night: Night) -> None:
    await night.a_person(zone="Europe/Berlin")
    notification = await night.accept()
    at = EVENING + timedelta(days=1)

    local = await change(night, notification, send_at_local=MORNING)
    assert (local.status, local.send_at, local.send_at_local) == ("scheduled", IN_BERLIN, MORNING)
    again = await change(night, notification, send_at=at)
    assert (again.status, again.send_at, again.send_at_local) == ("scheduled", at, None)
    await change(night, notification, send_at_local=MORNING, send_at=None)
    at_once = await change(night, notification, send_at_local=None)
    assert (at_once.status, at_once.send_at, at_once.send_at_local) == ("pending", None, None)
    with pytest.raises(InvalidField, match="send_at_local"):
        await change(night, notification, send_at_local=MORNING, send_at=at)
    await change(night, notification, expires_at=at)
    with pytest.raises(InvalidField, match="send_at_local"):
        await change(night, notification, send_at_local="2026-04-01T09:00")

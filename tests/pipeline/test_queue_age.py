"""A queue that is not consumed shows it, also when the clock was set back."""

import math
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text

from property_alert_notification.base.bounded_calls import BoundedCalls
from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import time_type
from property_alert_notification.deliveries.gauges import Gauges
from property_alert_notification.feedback.replies.queries import count_waiting
from property_alert_notification.people.erasures.queries import in_progress_since
from tests.pipeline.world import World
from tests.services.clock import SameDay


class SetBack(SameDay):
    """Is two hours behind."""

    def now(self) -> datetime:
        return super().now() - timedelta(hours=2)


async def test_a_clock_that_was_set_back_does_not_hide_what_waits(world: World) -> None:
    await world.a_user()
    await world.accept()
    await world.accept(urgent=True)

    assert await _age(world, SetBack()) > timedelta(hours=1).total_seconds()
    assert 0 < await _age(world, SameDay()) < timedelta(hours=1).total_seconds()


async def test_a_retry_in_the_future_is_no_standstill(world: World) -> None:
    await world.a_user()
    await world.accept()
    later = text("UPDATE deliveries SET state = 'retry_wait', due_at = :later").bindparams(
        bindparam("later", world.parts.clock.now() + timedelta(hours=1), type_=time_type())
    )
    async with world.parts.database.transaction() as connection:
        await connection.execute(later)

    assert await _age(world, SameDay()) == 0


async def _age(world: World, clock: Clock) -> float:
    parts = world.parts
    database, metrics, calls = parts.database, parts.metrics, BoundedCalls()
    gauges = Gauges(database, clock, metrics, calls, parts.broker.check, count_waiting, in_progress_since)
    gauge = math.nan
    while math.isnan(gauge):  # a scrape does not wait for a store that is slow
        await gauges.measure()
        gauge = parts.metrics.queue_age.labels(Channel("email"))._value.get()
    return gauge

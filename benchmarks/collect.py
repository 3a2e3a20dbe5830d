"""A child that fills a store with what waits for daily digests, and then lets their time come."""

import argparse
import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import update

from benchmarks.children import say
from benchmarks.workload import alert
from property_alert_notification.base import logs
from property_alert_notification.base.process import new_event_loop
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.vocabulary import Channel, Frequency
from property_alert_notification.deliveries.windows.scripts import windows
from property_alert_notification.notifications.create import create
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.people.preferences.rules import DigestTimes, PersonalRules
from property_alert_notification.people.preferences.stored_rules import write_rules
from property_alert_notification.wiring import Parts, assemble, planner

EMAIL = Channel("email")
AT_ONCE = 1_000


async def collect(digests: int, items: int) -> None:
    """Collect so many items for each of so many users, let their digests be due, and say how long collecting took."""
    settings = load(Settings).model_copy(update={"store_timeout": 30.0})
    logs.configure(level=settings.log_level, as_json=True)  # its standard output is for the parent
    async with assemble(settings) as parts:
        await _add_users(parts, digests)
        plan, began = planner(settings, parts.clock, parts.categories), time.monotonic()
        submissions = _submissions(digests, items)
        while some := list(itertools.islice(submissions, AT_ONCE)):
            await parts.database.run(create(plan, some))
        took = time.monotonic() - began
        past = parts.clock.now() - timedelta(seconds=1)
        async with parts.database.transaction() as connection:
            await connection.execute(update(windows).values(closes_at=past, due_at=past))
        say(notifications=digests * items, seconds=took)


async def _add_users(parts: Parts, users: int) -> None:
    now = parts.clock.now()
    # Nearly a day away: all items of a user are collected for the same digest.
    far = DigestTimes(at=(now - timedelta(hours=1)).time().replace(second=0, microsecond=0))
    rules = write_rules(PersonalRules(frequencies={"listing_alert": {EMAIL: Frequency.DAILY}}, digest=far))
    wanted = (Preference(user_id=user, channels="email", rules=rules, updated_at=now) for user in range(users))
    while some := list(itertools.islice(wanted, AT_ONCE)):
        async with parts.database.transaction() as connection:
            await preferences.create(connection, some, test=False)


def _submissions(digests: int, items: int) -> Iterator[Submission]:
    for _ in range(items):
        for user in range(digests):
            body = alert(user)
            yield Submission(
                user, body["title"], body["message"], {EMAIL: body["user_email"]}, category=body["category"]
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("digests", type=int)
    parser.add_argument("items", type=int)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(collect(asked.digests, asked.items))

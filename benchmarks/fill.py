"""A child that fills a store: the thousand users who want email, and so many notifications for them.

They come in by the way that every notification comes in, without HTTP around it.
"""

import argparse
import asyncio
import itertools
import time

from benchmarks.children import say
from benchmarks.workload import USERS, alerts
from property_alert_notification.api.access.service import KeyService
from property_alert_notification.base import logs
from property_alert_notification.base.process import new_event_loop
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.vocabulary import Scope
from property_alert_notification.notifications.schemas import NotificationCreate
from property_alert_notification.notifications.submit import submission_of
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.models import Preference
from property_alert_notification.wiring import Parts, address_rules, assemble

AT_ONCE = 500


async def fill(notifications: int) -> None:
    """Fill the store of the settings, and say how long it took."""
    settings = load(Settings).model_copy(update={"store_timeout": 30.0})
    logs.configure(level=settings.log_level, as_json=True)  # its standard output is for the parent
    rules = address_rules(settings)
    async with assemble(settings) as parts:
        await _add_users(parts)
        caller = f"benchmark-{time.time_ns()}"  # no caller may have many keys
        key = await KeyService(parts.database, parts.clock, caller).create(caller, list(Scope))
        began = time.monotonic()
        bodies = (NotificationCreate(**body) for body in alerts(notifications))
        while some := list(itertools.islice(bodies, AT_ONCE)):
            await asyncio.gather(*(parts.acceptance.accept(submission_of(body, rules)) for body in some))
        say(notifications=notifications, seconds=time.monotonic() - began, key=key)


async def _add_users(parts: Parts) -> None:
    now = parts.clock.now()
    async with parts.database.transaction() as connection:
        for user in USERS:
            preference = Preference(user_id=user, channels="email", updated_at=now)
            await preferences.put(connection, preference, test=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("notifications", type=int)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(fill(parser.parse_args().notifications))

"""Plays the scenario with the real parts: the intake, matchers and workers that are killed, and an SMTP server."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.intake import ListingIntake, received
from property_alert_notification.homes.reso.record import Feed, read
from tests.homes_scenario import stored
from tests.homes_scenario.crew import Crew
from tests.homes_scenario.digests import LEAD, digests_between, tell_digests
from tests.homes_scenario.expected import Expected
from tests.homes_scenario.market import Event
from tests.homes_scenario.searches import Search
from tests.homes_scenario.users import Users
from tests.pipeline.world import World
from tests.scenario.clock import ScenarioClock

START = datetime(2027, 3, 10, 9, tzinfo=UTC)
"""A Wednesday."""

LENGTH = timedelta(days=8)
"""In which all records come. Then a week passes, in which every digest is made."""

BESIDE_DIGESTS = timedelta(minutes=20)
"""No record comes shortly before or after a digest."""


class Play:
    """One run of the scenario."""

    def __init__(
        self, world: World, clock: ScenarioClock, random: Random, searches: Sequence[Search], *, kill_every: int
    ) -> None:
        """In one of `kill_every` calls a matcher is killed, and in another one a worker."""
        self.expected = Expected(searches)
        self.crew = Crew(world, clock, random)
        self.records = 0
        self._world = world
        self._clock = clock
        self._random = random
        self._searches = searches
        self._users = Users(world.parts.database, clock)
        self._kill_every = kill_every

    async def run(self, calls: Sequence[Sequence[Event]], say: Callable[[str], None]) -> None:
        """Send all calls, each of which ends with all mails sent."""
        await self._users.begin(self._searches)
        await self.crew.begin()
        try:
            for place, call in enumerate(calls):
                await self._pass_to(_moment_of(place, len(calls)))
                await self._send(call)
                await self._match_and_mail()
                made = self.expected.take(call)
                self.records += len(call)
                if place % 20 == 0:
                    alerts = self.expected.alerts.total()
                    say(f"{self.records:8,} records, {alerts:8,} alerts, {made:6,} of the last call")
            await self._pass_to(START + LENGTH + timedelta(days=7))
        finally:
            await self.crew.end()

    async def _pass_to(self, moment: datetime) -> None:
        """Let time go on; digests are made meanwhile."""
        for digest in digests_between(self._clock.moment, moment):
            for each in (digest - LEAD, digest):
                self.crew.pass_to(each)
                await self._match_and_mail()
            tell_digests(self.expected, digest)
        self.crew.pass_to(moment)

    async def _send(self, call: Sequence[Event]) -> None:
        now = self._clock.now()
        batch = [received(read(event.step.record, Feed(None, "USD"), now)) for event in call]
        async with self._world.parts.database.transaction() as connection:
            await ListingIntake(connection, self._clock, Periods(timedelta(seconds=30))).take(batch)

    async def _match_and_mail(self) -> None:
        await self.crew.match(kill=self._is_killed())
        await self.crew.send(kill=self._is_killed())

    def _is_killed(self) -> bool:
        return self._random.randrange(self._kill_every) == 0

    async def differences(self) -> list[str]:
        """Where the store or the mail server has something else than must be."""
        expected = self.expected
        async with self._world.parts.database.reading() as connection:
            found = list(stored.differences("alert", expected.alerts, await stored.alerts(connection)))
            found += stored.differences("told", expected.told, await stored.told(connection))
            in_doubt = await stored.in_doubt(connection)
        arrived, again = stored.mails(self._world.smtp.mails)
        compared = [
            Counter({one: n for one, n in mails.items() if expected.is_compared(one)})
            for mails in (expected.mails, arrived)
        ]
        found += stored.differences("mail", *compared)
        if again > in_doubt:
            found.append(f"{again} mails came twice, of which only {in_doubt} were in doubt")
        return found


def _moment_of(place: int, calls: int) -> datetime:
    """When a call comes: all are at the same distance, but none is beside a digest."""
    moment = START + LENGTH * place / calls
    for digest in digests_between(moment - BESIDE_DIGESTS, moment + BESIDE_DIGESTS):
        return digest + BESIDE_DIGESTS
    return moment

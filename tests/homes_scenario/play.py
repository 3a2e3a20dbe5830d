"""Plays the scenario with the real parts: the intake, matchers and workers that are killed, and an SMTP server."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from time import process_time

from property_alert_notification.homes.listings.history import Periods
from property_alert_notification.homes.listings.quiet_times import QuietTimes
from tests.homes_scenario import stored
from tests.homes_scenario.acts import Act, Discard, Edit, Erase, afterwards, on_the_way
from tests.homes_scenario.crew import Crew
from tests.homes_scenario.digests import LEAD, digests_between, tell_at_once, tell_digests
from tests.homes_scenario.expected import Expected
from tests.homes_scenario.feeds import Feeds
from tests.homes_scenario.mail_server import MailServer
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

SAID = 40
"""Lines about its progress, about."""

PERIODS = Periods(timedelta(seconds=30))


class Play:
    """One run of the scenario."""

    def __init__(
        self,
        world: World,
        mail_server: MailServer,
        clock: ScenarioClock,
        random: Random,
        searches: Sequence[Search],
        *,
        kill_every: int,
    ) -> None:
        """In one of `kill_every` turns an intake is killed, in another one a matcher, and in another one a worker."""
        self.expected = Expected(searches)
        self.crew = Crew(world, clock, random)
        self.feeds = Feeds(world.parts.database, clock, random, periods=PERIODS)
        self.records = 0
        self.seconds: Counter[str] = Counter()
        """Of the processor, which each part of this process took; the mail server and PostgreSQL have their own."""
        self._world = world
        self._mail_server = mail_server
        self._clock = clock
        self._random = random
        self._searches = searches
        self._users = Users(world.parts.database, clock, world.rules.subjects)
        self._quiet_times = QuietTimes(world.parts.database, clock, world.parts.metrics, periods=PERIODS)
        self._kill_every = kill_every

    async def run(self, calls: Sequence[Sequence[Event]], say: Callable[[str], None]) -> None:
        """Send all calls, each of which ends with all mails sent."""
        with self._costs("users"):
            await self._users.begin(self._searches)
        await self.crew.begin()
        try:
            for place, call in enumerate(calls):
                await self._pass_to(_moment_of(place, len(calls)))
                made = await self._one(call)
                self.records += len(call)
                if place % (1 + len(calls) // SAID) == 0:
                    say(f"{self.progress()}, {made:,} of the last call")
            await self._pass_to(START + LENGTH + timedelta(days=7))
        finally:
            await self.crew.end()

    def progress(self) -> str:
        """What was done so far."""
        expected, crew = self.expected, self.crew
        return (
            f"{self.records:,} records, {expected.changes:,} changes, {expected.alerts.total():,} alerts of "
            f"{expected.told.total():,} facts, {expected.mails.total():,} mails, {self.feeds.killed} intakes, "
            f"{crew.matchers_killed} matchers and {crew.workers_killed} workers killed"
        )

    @contextmanager
    def _costs(self, part: str) -> Iterator[None]:
        began = process_time()
        yield
        self.seconds[part] += process_time() - began

    async def _one(self, call: Sequence[Event]) -> int:
        """Send one call, while users do something; returns how many alerts it made."""
        middle = self._random.randint(0, len(call))
        acts = list(on_the_way(self._random, self.expected, self.expected.latest))
        await self._send(call[:middle])
        for act in acts:
            if not isinstance(act, Edit):
                # Of what is not matched yet these users hear nothing any more.
                self._expect(act)
        made = self._take(call[:middle])
        for act in acts:
            await self._act(act)
        await self._send(call[middle:])
        made += self._take(call[middle:])
        for act in afterwards(self._random, self.expected):
            await self._act(act)
        await self._match_and_mail()
        with self._costs("model"):
            tell_at_once(self.expected)
            self.expected.send()
        await self._be_quiet(call)
        return made

    async def _send(self, call: Sequence[Event]) -> None:
        with self._costs("intake"):
            await self.feeds.send(call, kill=self._is_killed())

    def _take(self, call: Sequence[Event]) -> int:
        with self._costs("model"):
            return self.expected.take(call)

    async def _act(self, act: Act) -> None:
        with self._costs("users"):
            await self._users.act(act)
        self._expect(act)

    def _expect(self, act: Act) -> None:
        match act:
            case Edit(search):
                self.expected.edit(search)
            case Discard(user, home):
                self.expected.discarded.add((user, home))
            case Erase(user):
                self.expected.erase(user)

    async def _be_quiet(self, call: Sequence[Event]) -> None:
        """Let the quiet time of the homes of a call end."""
        self.crew.pass_to(self._clock.moment + PERIODS.quiet)
        with self._costs("intake"):
            while await self._quiet_times.end_due():
                pass
        await self._match_and_mail()
        with self._costs("model"):
            self.expected.end_quiet(call)
            self.expected.send()

    async def _pass_to(self, moment: datetime) -> None:
        """Let time go on; digests are made meanwhile."""
        for digest in digests_between(self._clock.moment, moment):
            for each in (digest - LEAD, digest):
                self.crew.pass_to(each)
                await self._match_and_mail()
            with self._costs("model"):
                tell_digests(self.expected, digest)
        self.crew.pass_to(moment)

    async def _match_and_mail(self) -> None:
        with self._costs("matchers"):
            await self.crew.match(kill=self._is_killed())
        with self._costs("workers"):
            await self.crew.send(kill=self._is_killed())

    def _is_killed(self) -> bool:
        return self._random.randrange(self._kill_every) == 0

    async def differences(self) -> list[str]:
        """Where the store or the mail server has something else than must be."""
        expected = self.expected
        async with self._world.parts.database.reading() as connection:
            alerts = Counter({one: n for one, n in expected.alerts.items() if one.user not in expected.erased})
            found = list(stored.differences("alert", alerts, await stored.alerts(connection)))
            found += stored.differences("told", expected.told, await stored.told(connection))
            in_doubt = self._users.doubts_erased + await stored.in_doubt(connection)
        arrived, again = stored.mails(self._mail_server.taken())
        found += stored.differences("mail", expected.mails, arrived)
        if again > in_doubt:
            found.append(f"{again} mails came twice, of which only {in_doubt} were in doubt")
        return found


def _moment_of(place: int, calls: int) -> datetime:
    """When a call comes: all are at the same distance, but none is beside a digest."""
    moment = START + LENGTH * place / calls
    for digest in digests_between(moment - BESIDE_DIGESTS, moment + BESIDE_DIGESTS):
        return digest + BESIDE_DIGESTS
    return moment

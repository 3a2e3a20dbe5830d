"""A real Postfix with TLS, a login, greylisting, two connections, a rate and a quota, restarted and killed under load.

Every message has to be in its queue at the end, once. Only what was being handed over when Postfix ended may be there
twice: nobody can tell whether it was taken.

    python -m chaos.postfix --messages 500
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel, Outcome
from property_alert_notification.deliveries.states import ENDED
from property_alert_notification.notifications.answers import DeliveryPublic
from tests.pipeline.world import World, eventually
from tests.services.postfix import Postfix
from tests.services.postfix_helpers import LoginServer, PolicyServer
from tests.services.smtp import SmtpServer

CONNECTIONS = 2
NAME, PASSWORD = "alerts", "correct horse"
OVER_QUOTA = 5
"""Messages that the quota refuses before it is free again."""

DRAINED_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one run."""

    messages: int
    taken: Counter[str]
    """How often each recipient is in the queue."""
    states: Counter[str]
    in_doubt: int
    """Attempts with an unknown outcome."""
    greylisted: int
    seconds: float
    per_second: float
    """Transactions that Postfix was given, of the rate that it allows."""

    @property
    def problems(self) -> list[str]:
        """What must not be; empty when all is well."""
        found = []
        if len(self.taken) != self.messages:
            found.append(f"{self.messages - len(self.taken)} of {self.messages} messages are lost")
        if (twice := self.taken.total() - len(self.taken)) > self.in_doubt:
            found.append(f"{twice} messages came twice, and {self.in_doubt} were in doubt")
        if self.states != Counter(sent=self.messages):
            found.append(f"deliveries ended as {dict(self.states)}")
        if self.greylisted < 0.9 * self.messages:  # a restart may take the answer from some
            found.append("not every recipient was greylisted, so nothing was tried")
        return found


async def run(messages: int, *, rate: int, folder: Path) -> Report:
    """Send so many messages to a Postfix that takes `rate` transactions a second, and disturb it."""
    async with AsyncExitStack() as stack:
        policy = await stack.enter_async_context(PolicyServer())
        login = await stack.enter_async_context(LoginServer(NAME, PASSWORD))
        postfix = Postfix(policy=policy.port, login=login.port, connections=CONNECTIONS, messages=rate, window=1)
        stack.callback(postfix.close)
        await asyncio.to_thread(postfix.start)
        stack.enter_context(_environment(_settings(postfix)))
        settings = Settings(
            database_url=f"sqlite:///{folder}/alerts.db",
            email_provider="smtp",
            sms_provider="none",
            store_timeout=10,
            retry_first_wait=0.5,
            default_preferences="email",
        )
        world = await stack.enter_async_context(World(settings, SmtpServer()))
        ids = [await world.accept(user_email=f"user{number}@example.com") for number in range(messages)]
        began = time.monotonic()
        await world.a_worker()
        await _disturb(policy, postfix, messages)
        deliveries = [await _ended(world, notification) for notification in ids]
        seconds = time.monotonic() - began
        attempts = [attempt for delivery in deliveries for attempt in delivery.attempts]
        return Report(
            messages=messages,
            taken=Counter(await asyncio.to_thread(postfix.held)),
            states=Counter(str(delivery.state) for delivery in deliveries),
            in_doubt=sum(attempt.outcome is Outcome.UNKNOWN for attempt in attempts),
            greylisted=sum("Greylisted" in (attempt.reason or "") for attempt in attempts),
            seconds=seconds,
            per_second=policy.asked.total() / seconds / rate,
        )


async def _disturb(policy: PolicyServer, postfix: Postfix, messages: int) -> None:
    """A quota that is used up, an orderly restart, and the end by SIGKILL, one after the other."""
    await _until_asked(policy, 0.4 * messages)
    policy.over_quota = OVER_QUOTA
    await _until_asked(policy, 0.8 * messages)
    await asyncio.to_thread(postfix.stop)
    await asyncio.to_thread(postfix.start)
    await _until_asked(policy, 1.3 * messages)
    await asyncio.to_thread(postfix.kill)
    await asyncio.to_thread(postfix.start)


async def _until_asked(policy: PolicyServer, count: float) -> None:
    async def is_so() -> bool:
        return policy.asked.total() >= count

    await eventually(is_so, within=DRAINED_WITHIN)


async def _ended(world: World, notification: UUID) -> DeliveryPublic:
    async def ended() -> DeliveryPublic | None:
        delivery = await world.delivery(notification, Channel("email"))
        return delivery if delivery.state in ENDED else None

    delivery: DeliveryPublic = await eventually(ended, within=DRAINED_WITHIN)
    return delivery


def _settings(postfix: Postfix) -> dict[str, str]:
    return {
        "EMAIL_FROM": "alerts@example.com",
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(postfix.port),
        "SMTP_USERNAME": NAME,
        "SMTP_PASSWORD": PASSWORD,
        "SMTP_STARTTLS": "required",
        "SMTP_CA_FILE": str(postfix.ca_file),
        "SMTP_HELO_NAME": "alerts.example.com",
    }


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main() -> None:
    """Run once, and exit with 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--rate", type=int, default=40, help="transactions that Postfix takes in a second")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        report = asyncio.run(run(arguments.messages, rate=arguments.rate, folder=Path(folder)))
    say = sys.stdout.write
    say(
        f"{len(report.taken)} of {report.messages} messages in {report.seconds:.1f} s, "
        f"{report.taken.total() - len(report.taken)} twice, {report.in_doubt} in doubt, "
        f"{report.greylisted} greylisted, {report.per_second:.0%} of the rate used\n"
    )
    for problem in report.problems:
        say(f"wrong: {problem}\n")
    sys.exit(1 if report.problems else 0)


if __name__ == "__main__":
    main()

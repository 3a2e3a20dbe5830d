"""Submits the messages that ask users to confirm their opt-ins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.definition import definition_of
from property_alert_notification.database import run_within
from property_alert_notification.feedback.confirmations import queries
from property_alert_notification.feedback.confirmations.message import message_of
from property_alert_notification.feedback.unsubscribe.tokens import Link, Purpose, Tokens
from property_alert_notification.notifications.addresses import for_tests
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.recipients.queries import addresses_of_users
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.confirmations import Asked
from property_alert_notification.people.directory.profile import Profile
from property_alert_notification.people.directory.scripts import profiles_of
from property_alert_notification.people.preferences.confirmation import Place
from property_alert_notification.people.suppressions.subjects import Subjects

log = structlog.get_logger()

REFERENCE = "confirm-opt-in"
"""The `reference` of a confirmation message; the hash of its address follows if that is known."""
CATEGORY = "account"
"""The category of confirmation messages: transactional, and nobody can refuse it."""
MOST_A_DAY = 10
"""Confirmation messages to one user in 24 hours. Further opt-ins stay unconfirmed without a message."""
_DAY = timedelta(days=1)


def references_of(channel: Channel, address: str, subjects: Subjects) -> list[str]:
    """The references of confirmation messages to an address, the one under the newest key first."""
    return [f"{REFERENCE}:{one}" for one in subjects.of_address(channel, address)]


@dataclass(frozen=True, slots=True)
class ConfirmationSender:
    """Submits confirmation messages within the transaction that stores the opt-ins, so that each is sent once."""

    planner: Planner
    tokens: Tokens
    base_url: str
    rules: AddressRules

    async def ask(self, connection: AsyncConnection, asked: Sequence[Asked], test: bool) -> None:
        """Submit a message for each opt-in of these users that has an address."""
        users = [one.user_id for one in asked]
        profiles = {} if test else await run_within(connection, profiles_of(users))
        since = self.planner.clock.now() - _DAY
        sent = await queries.numbers_of_reference(connection, users, REFERENCE, since=since, test=test)
        reached = {} if test or self.rules.looks_up else await addresses_of_users(connection, users)
        submissions = [
            submission
            for one in asked
            for submission in self._submissions(
                one, profiles.get(one.user_id), reached.get(one.user_id, ()), sent.get(one.user_id, 0), test=test
            )
        ]
        if submissions:
            await run_within(connection, create(self.planner, submissions))

    def _submissions(
        self,
        asked: Asked,
        profile: Profile | None,
        reached: Collection[tuple[Channel, str]],
        sent: int,
        *,
        test: bool,
    ) -> list[Submission]:
        places = sorted(asked.requested)
        room = max(MOST_A_DAY - sent, 0)
        if len(places) > room:
            log.warning("opt_in.too_many_confirmations", user_id=asked.user_id, left_out=len(places) - room)
        addresses = {} if test or self.rules.looks_up else _known(profile, reached)
        made = (self._submission(asked, place, profile, addresses, test=test) for place in places[:room])
        return [submission for submission in made if submission is not None]

    def _submission(
        self, asked: Asked, place: Place, profile: Profile | None, addresses: Mapping[Channel, str], *, test: bool
    ) -> Submission | None:
        category, channel = place
        look_up = self.rules.looks_up and not test and definition_of(channel).profile_field is not None
        its = for_tests([channel]) if test else {channel: addresses[channel]} if channel in addresses else {}
        if not its and not look_up:
            log.warning("opt_in.no_address", user_id=asked.user_id, channel=channel, category=category)
            return None
        until = asked.requested[place]
        title, message = message_of(
            channel,
            category,
            self._url(asked.user_id, place, until, test=test),
            asked.preferences.rules.language,
            profile.language if profile else None,
        )
        return Submission(
            asked.user_id,
            title,
            message,
            its,
            CATEGORY,
            self._reference(channel, its, test=test),
            expires_at=until,
            channels=[channel],
            test=test,
            look_up=[channel] if look_up else [],
        )

    def _reference(self, channel: Channel, addresses: Mapping[Channel, str], *, test: bool) -> str:
        if test or channel not in addresses:
            return REFERENCE
        return references_of(channel, addresses[channel], self.planner.subjects)[0]

    def _url(self, user_id: int, place: Place, until: datetime, *, test: bool) -> str:
        category, channel = place
        link = Link(user_id, channel, category, test, until)
        return f"{self.base_url}/confirm/{self.tokens.make(Purpose.CONFIRM, link)}"


def _known(profile: Profile | None, reached: Collection[tuple[Channel, str]]) -> Mapping[Channel, str]:
    """The address of the profile, or else the only one at which the user was reached, by channel."""
    known: dict[Channel, str] = {}
    for channel in Channel:
        field = definition_of(channel).profile_field
        those = {address for its, address in reached if its == channel}
        if profile is not None and field is not None and (address := getattr(profile, field)):
            known[channel] = address
        elif len(those) == 1:
            [known[channel]] = those
    return known

"""Submits alerts to the core, within the transaction that decides about them: a few statements for many."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.languages import shown_locale
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import run_within
from property_alert_notification.homes.alerts import queries
from property_alert_notification.homes.alerts.approvals import queries as approvals
from property_alert_notification.homes.alerts.approvals.facts import queries as approval_facts
from property_alert_notification.homes.alerts.approvals.facts.queries import WaitingFact
from property_alert_notification.homes.alerts.details import ToldFact, ToldSearch, details_of, stored_after
from property_alert_notification.homes.alerts.ledger.queries import NewlyTold, PersonsFact
from property_alert_notification.homes.alerts.queries import NewAlert
from property_alert_notification.homes.alerts.sentences import InLanguage, Sentences
from property_alert_notification.homes.alerts.stored_keys import joined
from property_alert_notification.homes.alerts.submission import in_order, submission_to, usable_channels
from property_alert_notification.homes.alerts.wording import Opening, message_after, open_with
from property_alert_notification.homes.saved_searches.targets.queries import SearchTarget
from property_alert_notification.homes.saved_searches.words import ScheduleType
from property_alert_notification.notifications.create import Planner, create
from property_alert_notification.notifications.draft import Accepted
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.scripts import UserOf, readers_of

_LONGEST_REFERENCE = 255


class NamedSearch(NamedTuple):
    """A search that an alert names."""

    target: SearchTarget
    is_new: bool
    """Whether the listing did not match it before."""
    tells: bool = True
    """Whether it wants one of the facts; others only match the home, too."""


class WantedAlert(NamedTuple):
    """An alert to be submitted."""

    person: int
    listing_id: UUID
    sequence: int
    """The number of the newest change that it tells."""
    fields: Mapping[str, Any]
    """Of the listing."""
    facts: Sequence[ToldFact]
    searches: Sequence[NamedSearch]
    """At least one."""
    told_by: Sequence[tuple[UUID, str, int]]
    """The listings that tell the facts, with the keys of these and the numbers of the changes."""
    digest_at: datetime | None = None
    """When the digest is made that it is for; None if it alerts at once."""

    @property
    def user_id(self) -> int:
        """The user whose searches these are."""
        return self.searches[0].target.user_id

    @property
    def facts_of_person(self) -> Iterator[PersonsFact]:
        """The facts that it tells, each with its person."""
        return ((listing, fact, self.person) for listing, fact, _ in self.told_by)

    @property
    def senders(self) -> list[SearchTarget]:
        """The searches by which it is sent now. It may name others that alert later, or that want none of its facts."""
        if len(self.searches) == 1:  # as of most alerts
            return [self.searches[0].target]
        telling = [its for its in self.searches if its.tells] or self.searches  # those may be deleted meanwhile
        targets = [its.target for its in telling]
        at_once = [one for one in targets if one.schedule_type is ScheduleType.ASAP]
        return (self.digest_at is None and at_once) or targets

    @property
    def joined_senders(self) -> str:
        """Their numbers, as the store keeps them."""
        return joined(one.number for one in self.senders)

    @property
    def needs_approval(self) -> bool:
        """Whether it is on hold until it is approved: one search that needs no approval is enough to send it."""
        # Of most alerts none of the searches asks for it.
        return any(its.target.concierge for its in self.searches) and all(one.concierge for one in self.senders)


class _Text(NamedTuple):
    """What an alert says."""

    listing_key: str
    title: str
    message: str
    details: str
    """What it is made of, as the store keeps it."""
    facts: str
    """The keys of the facts that it tells, as the store keeps them."""


def told_by(alerts: Iterable[WantedAlert], accepted: Iterable[bool]) -> Iterator[NewlyTold]:
    """What people are told by those of these alerts that were accepted: by one that needs approval, once it has it."""
    for one in compress(alerts, accepted):
        if not one.needs_approval:
            for listing, fact, sequence in one.told_by:
                yield NewlyTold(listing, fact, one.person, sequence)


def outcomes_of(accepted: Iterable[bool]) -> Counter[str]:
    """How many alerts had which outcome."""
    return Counter("submitted" if one else "refused" for one in accepted)


class Submitter:
    """Submits alerts with the settings of this service."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._sentences = Sentences()
        self._usable = usable_channels(planner.unused)

    async def submit(self, connection: AsyncConnection, alerts: Sequence[WantedAlert]) -> list[bool]:
        """Store these alerts as notifications; returns of each whether it was accepted."""
        if not alerts:
            return []
        users, default = {one.user_id for one in alerts}, self._planner.default_preferences
        people = await run_within(connection, readers_of(sorted(users), default=default))
        languages = [shown_locale(people.get(one.user_id, UNKNOWN).language) for one in alerts]
        named = (
            (its.target, language) for one, language in zip(alerts, languages, strict=True) for its in one.searches
        )
        texts = list(_texts(alerts, languages, await self._sentences.of(connection, named)))
        submissions = [self._submission(one, text) for one, text in zip(alerts, texts, strict=True)]
        results = await run_within(connection, create(self._planner, submissions, self._decided(people)))
        await queries.add_alerts(
            connection,
            [
                NewAlert(
                    result.id, one.person, one.listing_id, one.sequence, text.details, text.facts, one.joined_senders
                )
                for one, text, result in zip(alerts, texts, results, strict=True)
                if isinstance(result, Accepted)
            ],
        )
        await approvals.add_searches(
            connection,
            [
                (result.id, sender.number)
                for one, submission, result in zip(alerts, submissions, results, strict=True)
                if submission.needs_approval and isinstance(result, Accepted)
                for sender in one.senders
            ],
        )
        await approval_facts.add(
            connection,
            [
                WaitingFact(result.id, listing, fact, one.person, sequence, in_first_alert=False)
                for one, submission, result in zip(alerts, submissions, results, strict=True)
                if submission.needs_approval and isinstance(result, Accepted)
                for listing, fact, sequence in one.told_by
            ],
        )
        return [isinstance(result, Accepted) for result in results]

    def _decided(self, people: Mapping[int, Person]) -> Mapping[UserOf, Person] | None:
        """The users for `create`, which then need not be read again; None if the suppression list decides, too.

        Until the addresses of an alert are looked up, nothing counts but whether its user has preferences. An erased
        user must not get the default ones, and only the suppression list has who was erased.
        """
        if self._planner.default_preferences is not None:
            return None
        return {(user_id, False): person for user_id, person in people.items()}

    def _submission(self, one: WantedAlert, text: _Text) -> Submission:
        return submission_to(
            one.user_id,
            text.title,
            text.message,
            chosen=_channels_of(one),
            usable=self._usable,
            reference=text.listing_key[:_LONGEST_REFERENCE] or None,
            digest_at=one.digest_at,
            needs_approval=one.needs_approval,
        )


def _texts(
    alerts: Iterable[WantedAlert], languages: Iterable[str], sentences: Mapping[InLanguage, str]
) -> Iterator[_Text]:
    """The text of each alert. What those have in common that tell the same facts of a home is made once."""
    common: dict[tuple[int, int, str], tuple[str, str, Opening, str]] = {}
    for one, language in zip(alerts, languages, strict=True):
        # They live as long as their alerts, so each has a number of its own.
        key = id(one.fields), id(one.facts), language
        if key not in common:
            details = details_of(one.fields, one.facts, (), language)
            facts = joined(sorted({fact for _, fact, _ in one.told_by}))
            common[key] = details.listing_key, details.beginning, open_with(details), facts
        listing_key, beginning, opening, facts = common[key]
        searches = [
            ToldSearch(target.name, sentences.get((target.number, language), ""), is_new, target.number)
            for target, is_new, _ in one.searches
        ]
        message = message_after(opening, searches)
        yield _Text(listing_key, opening.title, message, stored_after(beginning, searches), facts)


def _channels_of(alert: WantedAlert) -> list[Channel] | None:
    """The channels of an alert of several searches: all that any of them has; None if one of them narrows nothing."""
    chosen = [one.channels for one in alert.senders]
    if None in chosen:
        return None
    return in_order({channel for channels in chosen for channel in channels or ()})

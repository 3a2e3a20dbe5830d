"""Creates notifications and their deliveries within a larger transaction: a few statements, also for a thousand.

A part of this service that notifies many users runs `create` in its own transaction: by `yield from` in a script, or by
`run_within` on a connection.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.errors import RequestError
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import Script, Statement
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.holds import scripts as holds
from property_alert_notification.deliveries.windows import scripts as window_scripts
from property_alert_notification.events import scripts as events
from property_alert_notification.events.new_event import NewEvent
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.draft import Accepted, Draft, draft
from property_alert_notification.notifications.ends.planned import events_of_planned
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import Category, CurrentCategories
from property_alert_notification.people.decide import Message
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.scripts import UserOf, people_of
from property_alert_notification.people.suppressions.subjects import Subjects


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans submissions with the settings of this service."""

    clock: Clock
    default_preferences: Preferences | None
    """The preferences of users without any; None if such users are refused."""
    unused: Collection[Channel]
    """Channels that no provider carries."""
    categories: CurrentCategories
    subjects: Subjects
    """Hashes those who may be on the suppression list."""

    def drafts(
        self, submissions: Sequence[Submission | RequestError], people: Mapping[UserOf, Person] | None = None
    ) -> Script[list[Draft | RequestError]]:
        """Returns the rows of each submission, or the error that refuses it; reads the users unless `people` has them.

        An error in `submissions` is returned unchanged.
        """
        categories = self.categories()
        if people is None:
            messages = (
                ((one.user_id, one.test), _message(one, channel, categories.of_message(one.category, one.carries)))
                for one in submissions
                if isinstance(one, Submission)
                for channel in one.addresses or Channel
            )
            people = yield from people_of(messages, default=self.default_preferences, subjects=self.subjects)
        now = self.clock.now()
        return [
            draft(
                one,
                people.get((one.user_id, one.test), UNKNOWN),
                categories.of_message(one.category, one.carries),
                unused=self.unused,
                now=now,
                new_id=self.clock.new_id,
            )
            if isinstance(one, Submission)
            else one
            for one in submissions
        ]


def _message(submission: Submission, channel: Channel, category: Category) -> Message:
    at_local_time = submission.send_at_local is not None
    address = (submission.addresses or {}).get(channel)
    return Message(channel, category, address, urgent=submission.urgent, at_local_time=at_local_time)


def additions(drafts: Iterable[Draft]) -> list[Statement]:
    """The statements that store these drafts, in an order that keeps foreign keys valid."""
    new = list(drafts)
    deliveries = [delivery for one in new for delivery in one.deliveries]
    planned = [one for one in new if one.look_up is None]
    looked_up = [one.looked_up for one in new if one.look_up is not None]
    statements = [notification_scripts.add([one.notification for one in planned])] if planned else []
    statements += [notification_scripts.add_looked_up(looked_up)] if looked_up else []
    if windows := [window for one in new for window in one.windows]:
        statements.append(window_scripts.join(windows))
    if deliveries:
        statements += [delivery_scripts.add(deliveries), *holds.of_planned(deliveries)]
    return statements + events.statements([event for one in planned for event in _events_of(one)])


def _events_of(one: Draft) -> list[NewEvent]:
    new = one.notification
    return events_of_planned(new.id, new.status, one.deliveries, caller=new.caller, test=new.test, at=new.accepted_at)


def create(
    planner: Planner, submissions: Sequence[Submission], people: Mapping[UserOf, Person] | None = None
) -> Script[list[Accepted | RequestError]]:
    """Store these notifications with their deliveries; returns the result of each, in order.

    A refused notification does not affect the others. `people` are their users, if this transaction has read them for
    these messages.
    """
    drafts = yield from planner.drafts(submissions, people)
    for statement in additions(one for one in drafts if isinstance(one, Draft)):  # noqa: UP028 - a list takes no rows
        yield statement
    return [one.accepted if isinstance(one, Draft) else one for one in drafts]

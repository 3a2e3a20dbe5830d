"""Builds the rows of a notification and its deliveries from a submission. Pure."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from property_alert_notification.base.clock import time_of
from property_alert_notification.base.errors import InvalidField, PreferencesNotFound, RequestError
from property_alert_notification.base.vocabulary import Approval, Channel, DeliveryState, NotificationStatus
from property_alert_notification.deliveries.records import NewDelivery
from property_alert_notification.deliveries.states import kept_status, status_of
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.notifications.plan import create_deliveries, plan
from property_alert_notification.notifications.refusals import why_never
from property_alert_notification.notifications.scripts import NewNotification
from property_alert_notification.notifications.stored_addresses import write_addresses
from property_alert_notification.notifications.stored_local import write_local
from property_alert_notification.notifications.submission import Submission
from property_alert_notification.people.categories.rules import Category
from property_alert_notification.people.hours.local_time import moment_of
from property_alert_notification.people.person import Person


class Accepted(NamedTuple):
    """The result of a submission after its rows are stored."""

    id: UUID
    status: NotificationStatus
    replayed: bool = False
    """Whether an earlier call with the same key stored it."""
    waiting: int = 0
    """How many deliveries it added to the backlog; urgent ones do not count."""


class Draft(NamedTuple):
    """The rows of one submission, which are not stored yet."""

    notification: NewNotification
    deliveries: list[NewDelivery]
    accepted: Accepted
    look_up: tuple[str, datetime] | None = None
    """The channels whose addresses are looked up, in stored form, and when."""
    windows: Collection[WindowKey] = ()
    """The digest windows that collect some of the deliveries."""
    digest_at: datetime | None = None
    """When the digest is made that it is for. Only notifications whose addresses are looked up have one."""
    approval: Approval | None = None
    """Whether it waits for approval. Only notifications whose addresses are looked up may."""

    @property
    def looked_up(self) -> tuple[Any, ...]:
        """The row of a notification whose addresses are looked up, in the order of `WITH_LOOK_UP`."""
        assert self.look_up is not None  # noqa: S101 - the caller knows
        return (*self.notification, *self.look_up, self.digest_at, self.approval)


def draft(
    submission: Submission,
    person: Person,
    category: Category,
    *,
    unused: Collection[Channel],
    now: datetime,
    new_id: Callable[[], UUID],
) -> Draft | RequestError:
    """Build the rows of a submission, or the error that refuses it. A notification for later has no deliveries yet.

    No provider carries the `unused` channels.
    """
    if person.preferences is None:
        return PreferencesNotFound(submission.user_id)
    if submission.send_at_local is not None:
        moment = moment_of(submission.send_at_local, person, *submission.addresses.values())
        submission = submission._replace(send_at=moment)
    if (problem := why_never(submission.send_at, submission.expires_at, now=now)) is not None:
        return InvalidField("expires_at", problem)
    later = submission.is_planned_later(now)
    id_ = new_id()
    deliveries, windows = ([], []) if later else _plan(id_, submission, person, category, unused, now, new_id)
    states = [one.state for one in deliveries]
    notification = NewNotification(
        id=id_,
        user_id=submission.user_id,
        category=submission.category,
        reference=submission.reference,
        title=submission.title,
        message=submission.message,
        urgent=submission.urgent,
        channels=None if submission.channels is None else " ".join(submission.channels),
        accepted_at=time_of(id_),
        expires_at=submission.expires_at,
        caller=submission.caller,
        test=submission.test,
        status=NotificationStatus.SCHEDULED if later else kept_status(states),
        send_at=submission.send_at,
        send_at_local=write_local(submission.send_at_local),
        addresses=write_addresses(submission.addresses) if later else None,
    )
    accepted = Accepted(id_, status_of(states), waiting=_waiting(submission, states, now))
    approval = Approval.WAITING if submission.needs_approval else None
    return Draft(notification, deliveries, accepted, _look_up(submission, now), windows, submission.digest_at, approval)


def _waiting(submission: Submission, states: Sequence[DeliveryState], now: datetime) -> int:
    """How many deliveries it adds to the backlog: one for each address that is looked up now."""
    if submission.urgent:
        return 0
    queued = states.count(DeliveryState.QUEUED)
    return queued + len(submission.look_up) if submission.look_up and not submission.is_for_later(now) else queued


def _look_up(submission: Submission, now: datetime) -> tuple[str, datetime] | None:
    if not submission.look_up:
        return None
    # The moment of a local time depends on the profile, so the lookup is due at once.
    at = submission.send_at if submission.is_for_later(now) and submission.send_at_local is None else None
    return " ".join(submission.look_up), at or now


def _plan(
    notification: UUID,
    submission: Submission,
    person: Person,
    category: Category,
    unused: Collection[Channel],
    now: datetime,
    new_id: Callable[[], UUID],
) -> tuple[list[NewDelivery], list[WindowKey]]:
    planned = plan(
        submission.addresses,
        person,
        category,
        urgent=submission.urgent,
        only=submission.channels,
        now=now,
        unused=unused,
    )
    return create_deliveries(
        notification,
        planned,
        user_id=submission.user_id,
        category=submission.category,
        urgent=submission.urgent,
        test=submission.test,
        now=now,
        new_id=new_id,
    )

"""Takes deliveries in hand: what is due, still wanted and still fresh is claimed; the rest ends here, unsent."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from property_alert_notification.base.times import later
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.channels import simulator
from property_alert_notification.database import Script
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.deliveries.scripts import Claim, Settlement
from property_alert_notification.deliveries.states import TOO_LATE, taken_back
from property_alert_notification.notification_worker.route import Assignment, ProviderOrder, Try, Wait
from property_alert_notification.notification_worker.settle import settle
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.operators.pauses import queries as pauses
from property_alert_notification.operators.pauses.rules import LOOK_AGAIN
from property_alert_notification.people.preferences import queries as preferences
from property_alert_notification.people.preferences.rules import Preferences, Suppress, decide

NO_PROVIDER = "it waits for a provider: the breaker is open"
STOPPED = "its worker was stopped before it came to its provider"
OVERTAKEN = "its worker lost it before it came to its provider"
STORE_AWAY = "nobody could ask whether it is still wanted when its turn came"
SENT_BEFORE = "the provider took it at an earlier attempt, as its worker could say later"
FORGOTTEN = "nobody can tell whether it arrived, and its provider would not recognise it any more"


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed delivery with what it has to say."""

    claim: Claim
    content: Content
    tries: tuple[Try, ...]
    """What was tried before."""
    place: Assignment
    """The provider that gets it, which its open attempt names."""
    started_at: datetime
    """When that attempt was opened."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Where a claimed delivery goes that is not sent after all, and why."""

    state: DeliveryState
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one round of claiming."""

    jobs: list[Job]
    withheld: list[tuple[Claim, Settlement]]
    """Those that are not sent, or not yet."""


def take_in_hand(
    wanted: Collection[UUID],
    *,
    channel: Channel,
    line: ProviderOrder,
    default_wishes: Preferences | None,
    paused: Sequence[tuple[str, str | None]],
    deadlines: Mapping[str | None, timedelta],
    may_repeat: Callable[[Claim, Content, Sequence[Try], str], bool],
    now: datetime,
    leased_until: datetime,
) -> Script[Taken]:
    """Claim what may be sent now, with an open attempt each; end what may not. It is committed before anything is sent.

    What one of the pauses in `paused` stops (a name, and a category if it is one's) is put back, unclaimed.
    Cancelling, preferences and expiry are read here, after the claim: who opted out before it gets nothing. Only for
    what was tried before is anything more read: how that ended decides which provider gets it, and whether it
    `may_repeat` there what nobody can tell about.
    """
    for name, category in paused:
        yield pauses.hold(wanted, name, category=category, now=now, until=now + LOOK_AGAIN)
    claims = yield from delivery_scripts.claim(wanted, now=now, leased_until=leased_until)
    if not claims:
        return Taken([], [])
    contents = yield from notification_scripts.contents({claim.notification_id for claim in claims})
    tries = yield from _tries([claim.delivery_id for claim in claims if claim.fence > 1])
    users = {(contents[claim.notification_id].user_id, claim.test) for claim in claims}
    wishes = yield from preferences.wishes_of(users, default=default_wishes)

    jobs: list[Job] = []
    withheld: list[tuple[Claim, Settlement]] = []
    for claim in claims:
        content = contents[claim.notification_id]
        objection = object_to(channel, content, wishes.get((content.user_id, claim.test)), deadlines, now=now)
        before = tries.get(claim.delivery_id, ())
        came = _begin(claim, content, objection, before, line, now)
        if isinstance(came, Job) and before and not may_repeat(claim, content, before, came.place.provider):
            came = unsent(claim, Withheld(DeliveryState.FAILED, FORGOTTEN), now=now)
        if isinstance(came, Job):
            jobs.append(came)
        else:
            withheld.append((claim, came))
    if withheld:
        yield from settle([settlement for _, settlement in withheld])
    if jobs:
        yield delivery_scripts.open_attempts([(job.claim, job.place.provider) for job in jobs], started_at=now)
    return Taken(jobs, withheld)


def _begin(
    claim: Claim,
    content: Content,
    objection: Withheld | None,
    before: tuple[Try, ...],
    line: ProviderOrder,
    now: datetime,
) -> Job | Settlement:
    """The job, with the provider that gets it, or what it comes to without one."""
    if any(one.outcome is Outcome.SENT for one in before):
        objection = Withheld(DeliveryState.SENT, SENT_BEFORE)
    match objection or (Assignment(simulator.NAME) if claim.test else line.place(before)):
        case Withheld() as objection:
            return unsent(claim, objection, now=now)
        case Wait(seconds=seconds):
            return postpone(claim, before, due_at=now + timedelta(seconds=seconds), reason=NO_PROVIDER, now=now)
        case place:
            return Job(claim, content, before, place, now)


def _tries(again: Collection[UUID]) -> Script[dict[UUID, tuple[Try, ...]]]:
    if not again:
        return {}
    attempts = yield from delivery_scripts.attempts_of(again)
    by_delivery = groupby(attempts, key=lambda attempt: attempt.delivery_id)
    return {delivery: tuple(_try(attempt) for attempt in theirs) for delivery, theirs in by_delivery}


def _try(attempt: Attempt) -> Try:
    # Whoever made an earlier attempt wrote down how it ended, unless even that broke: then nobody can tell.
    outcome = Outcome.UNKNOWN if attempt.outcome is None else Outcome(attempt.outcome)
    return Try(attempt.provider, outcome, attempt.started_at)


def postpone(claim: Claim, tries: Sequence[Try], *, due_at: datetime, reason: str, now: datetime) -> Settlement:
    """A claim handed back that never came to a provider: it costs the delivery nothing. Pure."""
    unsure = any(one.outcome is Outcome.UNKNOWN for one in tries)
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=DeliveryState.UNKNOWN if unsure else DeliveryState.RETRY_WAIT,
        reason=reason,
        due_at=due_at,
        outcome=None,
        settled_at=now,
        counted=False,
        begun=False,
    )


def object_to(
    channel: Channel,
    content: Content,
    wishes: Preferences | None,
    deadlines: Mapping[str | None, timedelta],
    *,
    now: datetime,
) -> Withheld | None:
    """What speaks against sending now, if anything does. Pure.

    `deadlines` is how long a message is of use, by category; None is all others.
    """
    if content.cancelled_at is not None:
        return Withheld(DeliveryState.CANCELLED, taken_back(content.cancelled_by))
    decision = decide(channel, wishes)
    if isinstance(decision, Suppress):
        return Withheld(DeliveryState.SUPPRESSED, decision.reason)
    return too_late(content, deadlines, now=now)


def too_late(content: Content, deadlines: Mapping[str | None, timedelta], *, now: datetime) -> Withheld | None:
    """Whether it is of no use any more. Pure."""
    if content.expires_at is not None and now >= content.expires_at:
        return Withheld(DeliveryState.EXPIRED, TOO_LATE)
    if now >= later(content.wanted_at, deadlines.get(content.category, deadlines[None])):
        return Withheld(DeliveryState.EXPIRED, "it could not be sent while it was of use")
    return None


def look_again(
    job: Job,
    *,
    channel: Channel,
    default_wishes: Preferences | None,
    deadlines: Mapping[str | None, timedelta],
    now: datetime,
) -> Script[Withheld | None]:
    """What speaks against sending what was claimed a while ago, if anything does by now."""
    contents = yield from notification_scripts.contents([job.claim.notification_id])
    content = contents[job.claim.notification_id]
    user = content.user_id, job.claim.test
    wishes = yield from preferences.wishes_of([user], default=default_wishes)
    return object_to(channel, content, wishes.get(user), deadlines, now=now)


def unsent(claim: Claim, withheld: Withheld, *, now: datetime, begun: bool = True) -> Settlement:
    """A claim that ends without being sent; `begun` is False when it has an attempt, which then was none. Pure."""
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=withheld.state,
        reason=withheld.reason,
        due_at=None,
        outcome=None,
        settled_at=now,
        begun=begun,
    )

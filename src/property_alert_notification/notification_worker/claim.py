"""Claims due deliveries: those that may be sent get a provider, and the others are settled unsent."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from property_alert_notification.base.reasons import Reason, ReasonCode, cancelled_by
from property_alert_notification.base.times import later
from property_alert_notification.base.vocabulary import Channel, DeliveryState, Outcome
from property_alert_notification.channels import simulator
from property_alert_notification.database import Script
from property_alert_notification.deliveries import scripts as delivery_scripts
from property_alert_notification.deliveries.models import Attempt
from property_alert_notification.deliveries.records import Claim, Settlement, Submission
from property_alert_notification.deliveries.windows.keys import WindowKey
from property_alert_notification.homes.alerts.before_sending.claim.scripts import LeftOut, record_left_out, up_to_date
from property_alert_notification.notification_worker.caps import over_cap
from property_alert_notification.notification_worker.earlier_attempts import attempts_by_delivery
from property_alert_notification.notification_worker.footers import languages_of_footers
from property_alert_notification.notification_worker.route import Assignment, ProviderOrder, Wait
from property_alert_notification.notification_worker.settlement import collected, held, postponed, settle_within, unsent
from property_alert_notification.notifications import scripts as notification_scripts
from property_alert_notification.notifications.scripts import Content
from property_alert_notification.operators.pauses import scripts as pause_scripts
from property_alert_notification.operators.pauses.rules import RECHECK_AFTER
from property_alert_notification.people.categories.rules import CurrentCategories
from property_alert_notification.people.decide import Message, decide
from property_alert_notification.people.decisions import Collect, Hold, Suppress
from property_alert_notification.people.person import UNKNOWN, Person
from property_alert_notification.people.preferences.rules import Preferences
from property_alert_notification.people.scripts import UserOf, people_of
from property_alert_notification.people.suppressions.subjects import Subjects

NO_PROVIDER = Reason(ReasonCode.NO_PROVIDER)
STOPPED = Reason(ReasonCode.WORKER_STOPPED)
OVERTAKEN = Reason(ReasonCode.LEASE_LOST)
STORE_AWAY = Reason(ReasonCode.STORE_AWAY)
SENT_BEFORE = Reason(ReasonCode.SENT_BEFORE)
FORGOTTEN = Reason(ReasonCode.UNKNOWN_TOO_OLD)


@dataclass(frozen=True, slots=True)
class SendingRules:
    """The settings that decide, besides preferences, whether a delivery is still sent."""

    default_preferences: Preferences | None
    """The preferences of users without any; None if nothing is sent to such users."""
    categories: CurrentCategories
    message_ttl: timedelta
    """The time to live of messages whose category has no `message_ttl`."""
    subjects: Subjects
    """The hashes of addresses and users on the suppression list."""

    def ttl_of(self, category: str) -> timedelta:
        """The time to live of messages of this category."""
        return self.categories().of(category).message_ttl or self.message_ttl


class Wanted(NamedTuple):
    """One claimed delivery with its content, its user, and the message that `decide` takes."""

    claim: Claim
    content: Content
    user: UserOf
    message: Message


class Job(NamedTuple):
    """One claimed delivery with its content and its provider."""

    claim: Claim
    content: Content
    earlier: tuple[Attempt, ...]
    """Its earlier attempts, oldest first."""
    assignment: Assignment
    """The provider that gets it."""
    claimed_at: datetime
    is_open: bool = False
    """Its attempt is stored already."""
    language: str | None = None
    """The user's language, a BCP 47 tag; None if it is not known, or the message has no footer."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """The new state of a claimed delivery that is not sent now, with the reason."""

    state: DeliveryState
    reason: Reason
    due_at: datetime | None = None
    """When it is claimed again."""
    held_by: str | None = None
    """The cause of the hold."""
    window: WindowKey | None = None
    """The digest window that collects it."""


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """The result of one claim."""

    jobs: list[Job]
    withheld: list[tuple[Claim, Settlement]]
    """The settlements of deliveries that are not sent now."""


MayRepeat = Callable[[Claim, Content, Sequence[Attempt], str], bool]
"""Whether the provider, the last argument, may get a delivery with earlier attempts."""


def claim_batch(
    wanted: Collection[UUID],
    *,
    channel: Channel,
    order: ProviderOrder,
    may_open: Mapping[str, int],
    rules: SendingRules,
    paused: Sequence[tuple[str, str | None]],
    may_repeat: MayRepeat,
    now: datetime,
    leased_until: datetime,
) -> Script[ClaimedBatch]:
    """Claim due deliveries, assign those that may be sent to providers, and settle the others. Commits before any call.

    A delivery that one of the pauses in `paused` stops (a name, and a category if it is one's) is held, unclaimed.
    The first deliveries of each provider, up to its `may_open`, have their attempts stored here, since their calls
    begin soon. The others store their attempts when they have a slot. Cancellation, preferences and expiry are read
    after the claim, so a user who opted out before it gets nothing. Messages over a cap are collected. Further rows are
    read only for alerts and their digests, for deliveries with earlier attempts, which decide the provider, and for
    footers of users whose preferences name no language.
    """
    for name, category in paused:
        yield pause_scripts.hold(wanted, name, category=category, now=now, until=now + RECHECK_AFTER)
    claims = yield from delivery_scripts.claim(wanted, now=now, leased_until=leased_until)
    if not claims:
        return ClaimedBatch([], [])
    stored = yield from notification_scripts.contents({claim.notification_id for claim in claims})
    contents, left_out = yield from up_to_date(stored, channel, now)
    attempts = yield from attempts_by_delivery([claim.delivery_id for claim in claims if claim.fence > 1])
    claimed = [wanted_of(claim, contents[claim.notification_id], channel, rules) for claim in claims]
    about = [(one.user, one.message) for one in claimed]
    known = yield from people_of(about, default=rules.default_preferences, subjects=rules.subjects)

    jobs, withheld = _sort(claimed, known, attempts, order, rules, may_repeat, now)
    going = ((job.claim, job.content) for job in jobs)
    if over := (yield from over_cap(going, known, rules.categories(), channel, now)):
        withheld += [(job.claim, over[job.claim.delivery_id]) for job in jobs if job.claim.delivery_id in over]
        jobs = [job for job in jobs if job.claim.delivery_id not in over]
    settled = {job.content.id for job in jobs} | {id_ for id_, content in contents.items() if content.outdated}
    yield from record_left_out(left_out, settled, now=now)
    if withheld:
        yield from settle_within([settlement for _, settlement in withheld])
    sent = [((job.content.user_id, job.claim.test), job.content) for job in jobs]
    languages = yield from languages_of_footers(sent, channel, known, rules.categories())
    jobs = [job._replace(language=languages.get(user)) for job, (user, _) in zip(jobs, sent, strict=True)]
    jobs, submissions = _open(jobs, may_open, now)
    if submissions:
        yield delivery_scripts.open_attempts(submissions)
    return ClaimedBatch(jobs, withheld)


def _sort(
    claimed: Sequence[Wanted],
    people: Mapping[UserOf, Person],
    attempts: Mapping[UUID, tuple[Attempt, ...]],
    order: ProviderOrder,
    rules: SendingRules,
    may_repeat: MayRepeat,
    now: datetime,
) -> tuple[list[Job], list[tuple[Claim, Settlement]]]:
    """Sort claims into jobs with a provider, and settlements of those that are not sent now."""
    jobs: list[Job] = []
    withheld: list[tuple[Claim, Settlement]] = []
    for one in claimed:
        claim, content = one.claim, one.content
        withheld_now = why_not(one, people.get(one.user, UNKNOWN), rules, now=now)
        earlier = attempts.get(claim.delivery_id, ())
        begun = _begin(claim, content, withheld_now, earlier, order, now)
        if isinstance(begun, Job) and earlier and not may_repeat(claim, content, earlier, begun.assignment.provider):
            begun = unsent(claim, DeliveryState.FAILED, FORGOTTEN, now=now)
        if isinstance(begun, Job):
            jobs.append(begun)
        else:
            withheld.append((claim, begun))
    return jobs, withheld


def _begin(
    claim: Claim,
    content: Content,
    withheld: Withheld | None,
    earlier: tuple[Attempt, ...],
    order: ProviderOrder,
    now: datetime,
) -> Job | Settlement:
    """The job of a claim with its provider, or the settlement of a delivery that is not sent now."""
    if earlier and any(attempt.outcome == Outcome.SENT for attempt in earlier):
        withheld = Withheld(DeliveryState.SENT, SENT_BEFORE)
    if withheld is not None:
        return withhold(claim, withheld, now=now)
    match Assignment(simulator.NAME) if claim.test else order.assign(earlier):
        case Wait(seconds=seconds):
            return postponed(claim, earlier, due_at=now + timedelta(seconds=seconds), reason=NO_PROVIDER, now=now)
        case assignment:
            return Job(claim, content, earlier, assignment, now)


def _open(jobs: Sequence[Job], may_open: Mapping[str, int], now: datetime) -> tuple[list[Job], list[Submission]]:
    """The jobs, and the attempts to store for those whose calls begin soon."""
    free = dict(may_open)
    opened: list[Job] = []
    submissions: list[Submission] = []
    for job in jobs:
        provider = job.assignment.provider
        if not job.claim.test and free.get(provider, 0) <= 0:
            opened.append(job)
            continue
        free[provider] = free.get(provider, 0) - 1
        opened.append(job._replace(is_open=True))
        submissions.append(Submission(job.claim.delivery_id, job.claim.fence, provider, job.claimed_at, now))
    return opened, submissions


def wanted_of(claim: Claim, content: Content, channel: Channel, rules: SendingRules) -> Wanted:
    """A claim with what `why_not` needs to know about it. Pure."""
    category = rules.categories().of_message(content.category, content.carries)
    message = Message(channel, category, claim.address, urgent=content.urgent, digest_at=content.digest_at)
    return Wanted(claim, content, (content.user_id, claim.test), message)


def why_not(wanted: Wanted, person: Person, rules: SendingRules, *, now: datetime) -> Withheld | None:
    """The reason why a claimed delivery must not be sent now; None if it may be. Pure."""
    claim, content, _, message = wanted
    if content.cancelled_at is not None:
        return Withheld(DeliveryState.CANCELLED, cancelled_by(content.cancelled_by))
    if content.outdated is not None:
        return Withheld(DeliveryState.SUPPRESSED, content.outdated)
    decision = _decide_items(content, message, person, rules, now) or decide(message, person, now)
    if isinstance(decision, Suppress):
        return Withheld(DeliveryState.SUPPRESSED, decision.reason)
    if (late := too_late(content, rules, now=now)) is not None:
        return late
    match decision:
        case Hold(reason=reason, rule=rule, until=until):
            return Withheld(DeliveryState.HELD, reason, due_at=until, held_by=rule)
        case Collect(reason=reason, closes_at=closes_at) if (
            not claim.unknowns
        ):  # otherwise its provider may have it already
            window = WindowKey(content.user_id, claim.test, message.channel, content.category, closes_at)
            return Withheld(DeliveryState.COLLECTED, reason, window=window)
    return None


def _decide_items(
    content: Content, message: Message, person: Person, rules: SendingRules, now: datetime
) -> Suppress | None:
    """Why the user must not get a digest any more: they refused the category of its items since it was made."""
    if content.carries is None:
        return None
    decision = decide(message._replace(category=rules.categories().of(content.carries)), person, now)
    return decision if isinstance(decision, Suppress) else None


def withhold(claim: Claim, withheld: Withheld, *, now: datetime, withdraw: bool = False) -> Settlement:
    """The settlement of a delivery that is not sent now; `withdraw` deletes the attempt stored for it. Pure."""
    if withheld.window is not None:
        return collected(claim, withheld.reason, into=withheld.window, now=now)
    if withheld.due_at is None:
        return unsent(claim, withheld.state, withheld.reason, now=now, withdraw=withdraw)
    return held(claim, withheld.reason, by=withheld.held_by, until=withheld.due_at, now=now)


def too_late(content: Content, rules: SendingRules, *, now: datetime) -> Withheld | None:
    """The reason why a delivery has expired; None if it has not. Pure."""
    if content.expires_at is not None and now >= content.expires_at:
        return Withheld(DeliveryState.EXPIRED, Reason(ReasonCode.EXPIRED))
    if now >= later(content.wanted_at, rules.ttl_of(content.category)):
        return Withheld(DeliveryState.EXPIRED, Reason(ReasonCode.TOO_OLD))
    return None


def recheck(
    job: Job, *, channel: Channel, rules: SendingRules, now: datetime
) -> Script[tuple[Withheld | Content, LeftOut]]:
    """Recheck a delivery that was claimed a while ago: why it must not be sent, or its content as it is sent now.

    Returns also what this leaves out; it is to be recorded.
    """
    stored = yield from notification_scripts.contents([job.claim.notification_id])
    contents, left_out = yield from up_to_date(stored, channel, now)
    wanted = wanted_of(job.claim, contents[job.claim.notification_id], channel, rules)
    about = [(wanted.user, wanted.message)]
    known = yield from people_of(about, default=rules.default_preferences, subjects=rules.subjects)
    return why_not(wanted, known.get(wanted.user, UNKNOWN), rules, now=now) or wanted.content, left_out

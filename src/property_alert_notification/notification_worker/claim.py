"""Takes deliveries in hand: what is due, still wanted and still fresh is claimed; the rest ends here, unsent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.channels import simulator
from property_alert_notification.database import run_within
from property_alert_notification.deliveries import queries as deliveries
from property_alert_notification.deliveries.queries import Claim, Settlement
from property_alert_notification.deliveries.states import TAKEN_BACK, TOO_LATE
from property_alert_notification.notifications import queries as notifications
from property_alert_notification.notifications.queries import Content
from property_alert_notification.pauses import queries as pauses
from property_alert_notification.pauses.rules import LOOK_AGAIN
from property_alert_notification.preferences import queries as preferences
from property_alert_notification.preferences.rules import Suppress, Wishes, decide
from property_alert_notification.vocabulary import Channel, DeliveryState


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed delivery with what it has to say."""

    claim: Claim
    content: Content


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why a claimed delivery is not sent after all."""

    state: DeliveryState
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one round of claiming."""

    jobs: list[Job]
    withheld: list[tuple[Claim, Settlement]]


async def take_in_hand(
    connection: AsyncConnection,
    wanted: Collection[UUID],
    *,
    channel: Channel,
    provider: str,
    default_wishes: Wishes | None,
    paused: Sequence[tuple[str, str | None]],
    now: datetime,
    leased_until: datetime,
) -> Taken:
    """Claim what may be sent now, with an open attempt each; end what may not. The caller commits before sending.

    What one of the pauses in `paused` stops (a name, and a category if it is one's) is put back, unclaimed.
    Cancelling, preferences and expiry are read here, after the claim: who opted out before it gets nothing.
    """
    for name, category in paused:
        await pauses.hold(connection, wanted, name, category=category, now=now, until=now + LOOK_AGAIN)
    claims = await deliveries.claim(connection, wanted, now=now, leased_until=leased_until)
    if not claims:
        return Taken([], [])
    contents = await notifications.contents(connection, {claim.notification_id for claim in claims})
    users = {content.user_id for content in contents.values()}
    wishes = await run_within(connection, preferences.wishes_of(users, default=default_wishes))

    jobs, withheld = [], []
    for claim in claims:
        content = contents[claim.notification_id]
        objection = object_to(channel, content, wishes.get(content.user_id), now=now)
        if objection is None:
            jobs.append(Job(claim, content))
        else:
            withheld.append((claim, _unsent(claim, objection, now)))
    if withheld:
        await deliveries.settle(connection, [settlement for _, settlement in withheld])
        await notifications.conclude(connection, [claim.delivery_id for claim, _ in withheld])
    if jobs:
        await _open_attempts(connection, [job.claim for job in jobs], provider=provider, now=now)
    return Taken(jobs, withheld)


async def _open_attempts(
    connection: AsyncConnection, claims: Collection[Claim], *, provider: str, now: datetime
) -> None:
    for name, test in ((provider, False), (simulator.NAME, True)):
        if theirs := [claim for claim in claims if claim.test is test]:
            await deliveries.open_attempts(connection, theirs, provider=name, started_at=now)


def object_to(channel: Channel, content: Content, wishes: Wishes | None, *, now: datetime) -> Withheld | None:
    """What speaks against sending now, if anything does. Pure."""
    if content.cancelled_at is not None:
        return Withheld(DeliveryState.CANCELLED, TAKEN_BACK)
    decision = decide(channel, wishes)
    if isinstance(decision, Suppress):
        return Withheld(DeliveryState.SUPPRESSED, decision.reason)
    if content.expires_at is not None and now >= content.expires_at:
        return Withheld(DeliveryState.EXPIRED, TOO_LATE)
    return None


def _unsent(claim: Claim, withheld: Withheld, now: datetime) -> Settlement:
    return Settlement(
        delivery_id=claim.delivery_id,
        fence=claim.fence,
        state=withheld.state,
        reason=withheld.reason,
        due_at=None,
        outcome=None,
        settled_at=now,
    )

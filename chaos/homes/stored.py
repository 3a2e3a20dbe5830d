"""Reads what the store has of the alerts of a trial."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chaos.store_reader import POLL, opened
from property_alert_notification.base.errors import StoreUnavailable
from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.database import Database, table_of
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.deliveries.windows.models import DigestWindow
from property_alert_notification.homes.alerts.changes import queries
from property_alert_notification.homes.alerts.models import Alert as StoredAlert
from property_alert_notification.homes.alerts.shards.queries import least_position
from property_alert_notification.homes.saved_searches.models import SearchPerson
from tests.homes_scenario import stored
from tests.homes_scenario.expected import Alert

_alerts, _people, _windows = table_of(StoredAlert), table_of(SearchPerson), table_of(DigestWindow)
_deliveries, _attempts = table_of(Delivery), table_of(Attempt)


@dataclass(frozen=True, slots=True)
class Sent:
    """The delivery of an alert, or of a digest of alerts."""

    id: UUID
    state: str
    code: str
    carrier: UUID
    """The delivery that took it to its user: its own id, or that of its digest."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store has of some users in the end."""

    alerts: Counter[Alert]
    told: Counter[tuple[int, str, str]]
    """How often each user was told a fact of each kind of each home."""
    of_alerts: list[Sent]
    digests: dict[UUID, str]
    """The state of the delivery of each digest."""
    may_have_left: Counter[UUID]
    """Of each delivery, the attempts after which the provider may have its message."""


async def read(url: str, users: Collection[int]) -> Stored:
    """Everything about these users."""
    async with opened(url) as database, database.reading() as connection:
        found = await connection.execute(select(_people.c.number, _people.c.user_id))
        user_of = {row.number: row.user_id for row in found if row.user_id in users}
        alerts = Counter(
            {one._replace(user=user_of[one.user]): n for one, n in (await stored.alerts(connection)).items()
             if one.user in user_of}
        )  # fmt: skip
        told = Counter(
            {(user_of[one], *of): n for (one, *of), n in (await stored.told(connection)).items() if one in user_of}
        )
        digests = await _digests(connection, users)
        of_alerts = await _sent(connection, user_of, {id_: delivery for id_, (delivery, _) in digests.items()})
        ids = {one.id for one in of_alerts} | {delivery for delivery, _ in digests.values()}
        left = await _may_have_left(connection, ids)
    return Stored(alerts, told, of_alerts, dict(digests.values()), left)


async def _digests(connection: AsyncConnection, users: Collection[int]) -> dict[UUID, tuple[UUID, str]]:
    """The delivery of each digest with its state, by the window."""
    wanted = (
        select(_windows.c.id, _windows.c.user_id, _deliveries.c.id, _deliveries.c.state)
        .join(_deliveries, _deliveries.c.notification_id == _windows.c.digest_id)
    )  # fmt: skip
    return {row[0]: (row[2], row[3]) for row in await connection.execute(wanted) if row[1] in users}


async def _sent(connection: AsyncConnection, people: Collection[int], digests: Mapping[UUID, UUID]) -> list[Sent]:
    wanted = (
        select(
            _alerts.c.person, _deliveries.c.id, _deliveries.c.state, _deliveries.c.reason_code, _deliveries.c.held_by
        )
        .join(_deliveries, _deliveries.c.notification_id == _alerts.c.notification_id)
        .where(_deliveries.c.channel == "email")
    )
    found = []
    for person, id_, state, code, held_by in await connection.execute(wanted):
        if person in people:
            in_digest = code == ReasonCode.IN_DIGEST
            carrier = digests.get(UUID(held_by.partition(":")[2]), id_) if in_digest else id_
            found.append(Sent(id_, state, code, carrier))
    return found


async def _may_have_left(connection: AsyncConnection, deliveries: Collection[UUID]) -> Counter[UUID]:
    found: Counter[UUID] = Counter()
    for delivery, outcome in await connection.execute(select(_attempts.c.delivery_id, _attempts.c.outcome)):
        if delivery in deliveries and outcome in (None, "sent", "unknown"):
            found[delivery] += 1
    return found


async def wait_until_matched(url: str) -> None:
    """Wait until a matcher has committed what comes of everything so far."""
    async with opened(url) as database:
        while not await _is_matched(database):  # noqa: ASYNC110 - the answer comes from other processes
            await asyncio.sleep(POLL)


async def _is_matched(database: Database) -> bool:
    try:
        async with database.reading() as connection:
            return await least_position(connection) >= await queries.last_number(connection)
    except StoreUnavailable:
        return False  # it is coming back


async def wait_for_alerts(url: str, count: int, users: Collection[int], *, patience: float) -> None:
    """Wait until these users have so many alerts, or `patience` seconds; what is missing then is counted in the end."""
    people = select(_people.c.number).where(_people.c.user_id.between(min(users), max(users)))
    wanted = select(func.count()).select_from(_alerts).where(_alerts.c.person.in_(people))
    async with opened(url) as database:
        end = asyncio.get_running_loop().time() + patience
        while asyncio.get_running_loop().time() < end:
            try:
                async with database.reading() as connection:
                    if (await connection.execute(wanted)).scalar_one() >= count:
                        return
            except StoreUnavailable:
                pass  # it is coming back
            await asyncio.sleep(POLL)

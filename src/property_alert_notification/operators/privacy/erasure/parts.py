"""What the transactions of an erasure do: each erases some rows, and remembers the hashes of their addresses."""

from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.database import run_within
from property_alert_notification.homes.saved_searches import queries as searches
from property_alert_notification.operators.privacy.addresses import Address, addresses_of, subjects_of
from property_alert_notification.operators.privacy.declaration import FoundBy
from property_alert_notification.operators.privacy.erasure import queries
from property_alert_notification.operators.privacy.queries import AT_ONCE, found_by
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
from property_alert_notification.people.erasures import queries as erasures
from property_alert_notification.people.erasures.models import Erasure
from property_alert_notification.people.suppressions import scripts as suppressions
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason
from property_alert_notification.people.suppressions.subjects import Subjects

NOTIFICATIONS = "notifications"
CONSENT = ("preferences", "test_preferences")
"""The tables that are erased last: until then they say that the user withdrew all consent."""

_BY_USER = [name for name in found_by(FoundBy.USER) if name not in (NOTIFICATIONS, queries.EVENTS, *CONSENT)]
_BY_DELIVERY = found_by(FoundBy.DELIVERY)
_BY_NOTIFICATION = found_by(FoundBy.NOTIFICATION)
_BY_ADDRESS, _BY_SUBJECT, _BY_HASH = (
    found_by(FoundBy.ADDRESS),
    found_by(FoundBy.SUBJECT),
    found_by(FoundBy.USER_HASH),
)


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction of an erasure."""

    connection: AsyncConnection
    erasure: Erasure
    """Locked until the transaction ends."""
    user_id: int
    subjects: Subjects
    new_id: Callable[[], UUID]
    now: datetime
    done: set[Address]
    """The addresses that this run has erased. Most messages of a user go to one address."""


async def erase_rows(work: Work) -> Counter[str]:
    """Erase some rows that are found by the user's id, without notifications and preferences."""
    # A matcher has the searches in memory. It reads the end of each, and forgets them.
    await searches.end_all(work.connection, work.user_id, now=work.now)
    counted = await queries.erase_events(work.connection, work.user_id)
    addresses: set[Address] = set()
    for name in _BY_USER:
        counted[name], rows = await queries.erase_of_user(work.connection, name, work.user_id)
        addresses |= addresses_of(rows)
        if counted[name] == AT_ONCE:
            break
    return counted + await _erase_of_addresses(work, addresses)


async def erase_page(work: Work, after: UUID | None) -> tuple[queries.Locked, Counter[str]]:
    """Erase some notifications and all that belongs to them; returns those that were asked for."""
    connection = work.connection
    locked = await queries.lock(connection, work.user_id, after)
    counted: Counter[str] = Counter()
    if not locked.notifications:
        return locked, counted
    await queries.end(connection, locked, now=work.now)
    notifications = [row["id"] for row in locked.notifications]
    deliveries = [row["id"] for row in locked.deliveries]
    counted["delivery_reports"] += await queries.erase_parked(connection, deliveries)
    for name in _BY_DELIVERY:
        counted[name] += await queries.erase_by(connection, name, deliveries)
    for name in _BY_NOTIFICATION:
        counted[name] += await queries.erase_by(connection, name, notifications)
    counted[NOTIFICATIONS] += await queries.erase_by(connection, NOTIFICATIONS, notifications, column="id")
    return locked, counted + await _erase_of_addresses(work, addresses_of((*locked.notifications, *locked.deliveries)))


async def erase_last(work: Work) -> Counter[str]:
    """Erase what protects the user until then: the withdrawn preferences, for which an entry by hash remains."""
    for name in CONSENT:
        await queries.erase_of_user(work.connection, name, work.user_id)
    hashes = work.subjects.of_user(work.user_id)
    counted = Counter({name: await queries.erase_by(work.connection, name, hashes) for name in _BY_HASH})
    for name in _BY_SUBJECT:
        await queries.erase_by(work.connection, name, hashes)
    entry = NewEntry(SuppressionReason.ERASED, user_id=work.user_id)
    row = entry.row(work.subjects, id_=work.new_id(), now=work.now, added_by=work.erasure.requested_by)
    await run_within(work.connection, suppressions.add([row], lambda _: _origin_of(work.erasure)))
    return counted


def _origin_of(erasure: Erasure) -> ConsentOrigin:
    """An erasure withdraws consent: the consent record remains under the hash of the user."""
    is_command = erasure.requested_by.startswith("cli:")
    return ConsentOrigin(ConsentSource.COMMAND_LINE if is_command else ConsentSource.API, erasure.requested_by)


async def _erase_of_addresses(work: Work, addresses: AbstractSet[Address]) -> Counter[str]:
    """Erase what is found by these addresses, and remember their hashes: from then on nothing about them is stored."""
    counted: Counter[str] = Counter()
    if not (addresses := addresses - work.done):
        return counted
    counted["delivery_reports"] = await queries.erase_parked_about(work.connection, addresses)
    for name in _BY_ADDRESS:
        counted[name] += await queries.erase_addresses(work.connection, name, addresses)
    for name in _BY_SUBJECT:
        await queries.erase_by(work.connection, name, subjects_of(addresses, work.subjects))
    found = _newest_hashes(work, addresses)
    await erasures.put(work.connection, *(_of_address(work, subject) for subject in found))
    work.done.update(addresses)
    return counted


def _newest_hashes(work: Work, addresses: Iterable[Address]) -> set[str]:
    found = (subjects_of([address], work.subjects)[:1] for address in addresses)
    return {subject for one in found for subject in one}


def _of_address(work: Work, subject: str) -> Erasure:
    return Erasure(
        subject=subject,
        about="address",
        requested_by=work.erasure.requested_by,
        requested_at=work.erasure.requested_at,
        finished_at=work.now,
    )

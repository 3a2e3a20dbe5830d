"""The step of the claim script that counts the messages of users who have caps."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import FromClause, Select, Text, and_, not_, or_, select, true

# SQLite has the same ON CONFLICT syntax as PostgreSQL.
from sqlalchemy.dialects.postgresql import Insert, insert

from property_alert_notification.base.reasons import ReasonCode
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.database import BatchStatement, Script, Statement, columns_of, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import COLLECTED, UNFULFILLED
from property_alert_notification.people.caps.models import CapCounter, CapUse
from property_alert_notification.people.caps.rules import Capped, Fits, OverCap, Use, place

_deliveries = table_of(Delivery)
_counters = table_of(CapCounter)
_uses = table_of(CapUse)
_COUNTER = tuple(_counters.c.keys())
_USE = tuple(_uses.c.keys())

_BEFORE = timedelta(days=8)
"""How far back uses are read: a week, and one day in case the user's time zone changed."""


def _count(users: FromClause) -> Insert:
    wanted = insert(_counters).from_select(_COUNTER, select(*users.c).where(true()))
    return wanted.on_conflict_do_update(
        index_elements=["user_id", "test", "channel"], set_={"counted_at": wanted.excluded.counted_at}
    )


_LOCK = BatchStatement(columns_of(_counters, *_COUNTER), _count)


def _select_uses(users: FromClause) -> Select[tuple[int, bool, UUID, str]]:
    did_not_leave = or_(
        and_(or_(*[_deliveries.c.state == state for state in UNFULFILLED]), _deliveries.c.unknowns == 0),
        or_(*[_deliveries.c.state == state for state in COLLECTED]),
        # A message that a digest carried does not count: the digest does.
        and_(_deliveries.c.reason_code.is_not(None), _deliveries.c.reason_code == ReasonCode.IN_DIGEST.value),
    )
    return (
        select(_uses.c.user_id, _uses.c.test, _uses.c.delivery_id, _uses.c.day)
        .select_from(users)
        .join(
            _uses,
            and_(
                _uses.c.user_id == users.c.user_id,
                _uses.c.test == users.c.test,
                _uses.c.channel == users.c.channel,
                _uses.c.day >= users.c.since,
            ),
        )
        .join(_deliveries, _deliveries.c.id == _uses.c.delivery_id)
        .where(not_(did_not_leave))
    )


_USES_OF = BatchStatement(columns_of(_uses, "user_id", "test", "channel") | {"since": Text()}, _select_uses)


def _keep(kept: FromClause) -> Insert:
    wanted = insert(_uses).from_select(_USE, select(*kept.c).where(true()))
    return wanted.on_conflict_do_update(index_elements=["delivery_id"], set_={"day": wanted.excluded.day})


_KEEP = BatchStatement(columns_of(_uses, *_USE), _keep)


def uses_of(user: tuple[int, bool], channel: Channel) -> Script[list[Use]]:
    """All messages that count into a cap of this user; nothing is locked, so that others may be counted meanwhile."""
    rows = yield Statement(_USES_OF, [(*user, channel, date.min.isoformat())])
    return [Use(delivery, date.fromisoformat(day)) for _, _, delivery, day in rows]


def count(channel: Channel, messages: Iterable[Capped], now: datetime) -> Script[dict[UUID, Fits | OverCap]]:
    """Count messages of one channel; returns which of them may be sent now, and when each of the others may be.

    The counter rows of the users stay locked until the transaction ends: another worker that claims for one of them
    waits.
    """
    # Rows are locked in one order everywhere, or two workers deadlock.
    by_user = {
        user: list(theirs) for user, theirs in groupby(sorted(messages, key=attrgetter("user")), attrgetter("user"))
    }
    counted_at = datetime.combine(now.astimezone(UTC), time(), tzinfo=UTC)
    yield Statement(_LOCK, [(*user, channel, counted_at) for user in by_user])
    since = (now - _BEFORE).date().isoformat()
    uses: dict[tuple[int, bool], list[Use]] = {}
    for user_id, test, delivery, day in (yield Statement(_USES_OF, [(*user, channel, since) for user in by_user])):
        uses.setdefault((user_id, test), []).append(Use(delivery, date.fromisoformat(day)))
    placed: dict[UUID, Fits | OverCap] = {}
    kept: list[tuple[UUID, int, bool, Channel, str]] = []
    for user, theirs in by_user.items():
        for delivery, found in place(theirs, uses.get(user, ()), now).items():
            placed[delivery] = found
            if (day := found.day if isinstance(found, Fits) else found.reserved) is not None:
                kept.append((delivery, *user, channel, day.isoformat()))
    if kept:
        yield Statement(_KEEP, kept)
    return placed

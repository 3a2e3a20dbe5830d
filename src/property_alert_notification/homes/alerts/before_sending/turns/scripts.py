"""Makes workers that claim alerts about one home to one person at the same moment decide one after the other.

Which of two alerts tells a fact depends on what became of the other one. A worker sees that only when the other one's
transaction is over. If both were decided at the same time, both could tell the fact, or neither.
"""

from collections.abc import Iterable

from sqlalchemy import Integer, select

from property_alert_notification.database import BatchStatement, Script, Statement, as_rows, locked_number
from property_alert_notification.homes.alerts.before_sending.stored.scripts import StoredAlert

_TURNS = 1
"""The range of the numbers that are locked. Nothing else in the database locks numbers in it."""

_LARGEST = 2**31 - 1

MOST = 100
"""Numbers that one transaction locks. PostgreSQL has room for 64 with each connection, so that of a larger batch the
others are decided without a turn."""

_TAKE = BatchStatement({"number": Integer()}, lambda wanted: select(locked_number(_TURNS, wanted.c.number)))


def take_turns(alerts: Iterable[StoredAlert]) -> Script[None]:
    """Wait until no other claim decides about the homes of these alerts of which there are newer or older ones.

    A claim waits here before it locks anything but what it claimed, which others skip; so this deadlocks with nothing.
    """
    # In one order everywhere, or two transactions deadlock.
    if numbers := sorted({_number_of(one) for one in alerts if one.with_newer or one.with_older}):
        yield Statement(_TAKE, as_rows(numbers[:MOST]))


def _number_of(one: StoredAlert) -> int:
    """The same for all alerts about one home to one person. Others may have it, too: they wait for no reason."""
    return ((one.home or one.listing_id).int ^ one.person) & _LARGEST

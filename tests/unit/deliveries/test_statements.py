"""Every statement that moves or deletes deliveries, compared with deliveries/states.py."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Delete, Update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, TextClause
from sqlalchemy.sql.operators import eq, in_op, not_in_op

import property_alert_notification
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import BatchStatement, table_of
from property_alert_notification.deliveries.models import Delivery
from property_alert_notification.deliveries.states import (
    COLLECTED,
    ENDED,
    FOLLOWED,
    LEASED,
    REPORTABLE,
    STUCK,
    WAITING,
    Event,
    after,
    movable_by,
)

DELIVERIES = table_of(Delivery)
STATES = set(DeliveryState)
ROOM = "property_alert_notification."


def _modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(property_alert_notification.__path__, ROOM):
        if re.search(r"\.(queries|scripts|moves|leases|queues|unclaimable|lists)$", found.name):
            yield importlib.import_module(found.name)


def _built(value: Any) -> Iterator[Any]:
    if isinstance(value, Update | Delete):
        yield value
    elif isinstance(value, BatchStatement):
        yield value.on_one_row()
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _built(getattr(one, "statement", one))


def _changing() -> Iterator[tuple[str, Any]]:
    """Each statement that is built once and changes deliveries; several of one name are numbered."""
    for module in _modules():
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) == module.__name__ and isinstance(value, type):
                continue
            ours = [one for one in _built(value) if isinstance(one, Update | Delete) and one.table is DELIVERIES]
            for number, statement in enumerate(ours):
                yield f"{module.__name__.removeprefix(ROOM)}.{name}{number or ''}", statement


STATEMENTS = dict(_changing())


def _values(side: Any) -> set[str]:
    if isinstance(side, BindParameter):
        return set(side.value) if isinstance(side.value, list | tuple) else {side.value}
    listed = [part for part in visitors.iterate(side) if isinstance(part, BindParameter)]
    return {str(part.value) for part in listed} or {str(value) for value in getattr(side, "value", [])}


def _is_the_state(side: Any) -> bool:
    """Whether a side of a comparison is the state, also if it is written so that no index leads to it."""
    columns = [part for part in visitors.iterate(side) if isinstance(part, Column)]
    return [(column.name, column.table) for column in columns] == [("state", DELIVERIES)]


def _from(statement: Any) -> set[str]:
    """The states in which a statement may find what it changes."""
    allowed: set[str] = set(STATES)
    for part in visitors.iterate(statement):
        if isinstance(part, BinaryExpression) and _is_the_state(part.left):
            if part.operator is in_op or part.operator is eq:
                allowed &= _values(part.right)
            elif part.operator is not_in_op:
                allowed -= _values(part.right)
        elif isinstance(part, TextClause) and part.text.startswith("state "):
            allowed &= set(re.findall(r"'(\w+)'", part.text))
    return allowed


def _to(statement: Any) -> set[str]:
    """The states that a statement sets itself."""
    set_to = {
        getattr(column, "name", column): value for column, value in (getattr(statement, "_values", None) or {}).items()
    }
    return _values(set_to["state"]) if isinstance(set_to.get("state"), BindParameter) else set()


def _unleased(event: Event) -> set[DeliveryState]:
    return set(movable_by(event)) - set(LEASED)


_CLAIMABLE = set(movable_by(Event.CLAIMED))
MOVES: dict[str, tuple[Event, set[DeliveryState]]] = {
    "deliveries.scripts._CLAIM": (Event.CLAIMED, _CLAIMABLE),
    "deliveries.queries._SUPPRESS": (Event.UNUSED, set(movable_by(Event.UNUSED))),
    "deliveries.queries._CANCEL": (Event.CANCELLED, _unleased(Event.CANCELLED)),
    "operators.pauses.scripts._HOLD": (Event.HELD, _unleased(Event.HELD)),
    "operators.quarantine.moves._REPLAY": (Event.REPLAYED, set(movable_by(Event.REPLAYED))),
    "operators.quarantine.moves._DISCARD": (Event.DISCARDED, set(movable_by(Event.DISCARDED))),
    "homes.alerts.approvals.queries._APPROVE": (Event.APPROVED, set(movable_by(Event.APPROVED))),
    "homes.alerts.approvals.queries._REJECT": (Event.REJECTED, set(movable_by(Event.REJECTED))),
    "operators.quarantine.moves._EXPIRE": (Event.TOO_LATE, _unleased(Event.TOO_LATE)),
    "operators.quarantine.moves._RELEASE_ORPHANS": (Event.RELEASED, set(COLLECTED)),
    "homes.alerts.before_sending.claim.scripts._END": (Event.UNWANTED, set(COLLECTED)),
    "deliveries.windows.scripts._RELEASE": (Event.RELEASED, set(COLLECTED)),
    "operators.quarantine.moves._QUARANTINE": (Event.BROKE, set(movable_by(Event.BROKE))),
}
"""What moves by an event, and the states from which it may: only the holder of the lease settles."""

PICKS: dict[str, set[DeliveryState]] = {
    "deliveries.scripts._MOVE": set(LEASED),
    "deliveries.scripts._MOVE_UNHEARD": set(LEASED),
    "deliveries.reports.scripts._MOVE": set(REPORTABLE),
    "deliveries.leases._RENEW": set(LEASED),
    "deliveries.leases._SEIZE_ABANDONED": set(LEASED),
    "deliveries.leases._SEIZE_THESE": set(LEASED),
    "deliveries.queues._TAKE_DUE": _CLAIMABLE,
    "deliveries.queues._UNMARK_LOST": _CLAIMABLE,
    "notifications.queries._END_HOLD": {DeliveryState.HELD},
    "operators.pauses.queries._RELEASE": {DeliveryState.HELD},
    "digests.scripts._LEAVE": set(COLLECTED),
    "digests.scripts._CARRY": set(COLLECTED),
    "digests.ends.scripts._END": set(FOLLOWED[:-1]),
}
"""What leaves the state alone, or sets the one that it is given, and in which states it finds its rows."""

ANY_STATE = {
    "deliveries.queries._REMOVE",  # of a notification that its caller holds and that was never claimed
    "deliveries.queues._UNMARK",  # ids that the relay has just marked
    "operators.quarantine.moves._QUARANTINE_BY_STATE_ONLY",  # a row of which other columns cannot be written
    "operators.quarantine.moves._COUNT_UNKNOWN",  # a counter, beside _QUARANTINE
}
UNCLAIMABLE = "deliveries.unclaimable._KINDS"
PUBLISHED_IN_THE_FUTURE = "deliveries.unclaimable._UNMARK"
UNREADABLE = "operators.quarantine.moves._END_UNREADABLE"


@pytest.mark.parametrize("name", MOVES)
def test_what_an_event_moves_is_what_its_statement_moves(name: str) -> None:
    event, states = MOVES[name]

    assert _from(STATEMENTS[name]) == states
    assert {after(state, event) for state in states} == _to(STATEMENTS[name])
    assert states <= set(movable_by(event))


@pytest.mark.parametrize("name", PICKS)
def test_statements_select_states_as_states_py_defines(name: str) -> None:
    assert _from(STATEMENTS[name]) == PICKS[name]


def test_unclaimable_deliveries_are_quarantined_only_from_states_that_may_break() -> None:
    for name, statement in _called(UNCLAIMABLE).items():
        # A state that is none is in no list of states.
        assert _from(statement) <= set(movable_by(Event.BROKE)), name
        assert _to(statement) == {DeliveryState.QUARANTINED}, name


def test_a_delivery_published_in_the_future_is_published_again() -> None:
    assert {frozenset(_from(statement)) for statement in _called(PUBLISHED_IN_THE_FUTURE).values()} == {
        frozenset(_CLAIMABLE)
    }


def test_a_delivery_with_an_unreadable_id_ends_as_discarded() -> None:
    statements = _called(UNREADABLE).values()
    found = set[str]().union(*map(_from, statements))

    assert found == {*movable_by(Event.BROKE), *movable_by(Event.DISCARDED)}
    assert {after(after(DeliveryState(state), Event.BROKE), Event.DISCARDED) for state in found} == {
        state for statement in statements for state in _to(statement)
    }


def _called(name: str) -> dict[str, Any]:
    """The statements in the list of this name."""
    found = {numbered: one for numbered, one in STATEMENTS.items() if re.fullmatch(rf"{name}\d*", numbered)}
    assert found
    return found


def test_every_statement_that_changes_deliveries_is_compared() -> None:
    compared = {name for several in (UNCLAIMABLE, PUBLISHED_IN_THE_FUTURE, UNREADABLE) for name in _called(several)}
    others = set(STATEMENTS) - compared

    assert others == {*MOVES, *PICKS, *ANY_STATE}


def test_reports_move_all_that_their_events_move() -> None:
    events = (Event.CONFIRMED, Event.ARRIVED, Event.BOUNCED)

    assert set(REPORTABLE) == {state for event in events for state in movable_by(event)}


def test_items_follow_their_digest_from_end_to_end_as_reports_move_it() -> None:
    reports = (Event.CONFIRMED, Event.ARRIVED, Event.BOUNCED)
    forward = {(one, after(one, event)) for one in ENDED for event in reports if after(one, event) is not one}

    assert FOLLOWED[:1] == COLLECTED
    assert forward == {(one, other) for place, one in enumerate(FOLLOWED[1:]) for other in FOLLOWED[place + 2 :]}


def test_settling_may_lead_wherever_an_event_leads_what_is_leased() -> None:
    reached = {after(state, event) for event in Event for state in LEASED}

    assert STATES - reached == {DeliveryState.ON_HOLD}
    assert not set(WAITING) & {*STUCK, *ENDED, *LEASED}

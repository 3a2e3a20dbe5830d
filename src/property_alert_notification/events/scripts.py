"""Records events, and their deliveries to the endpoints that want them, in the transaction of what happened.

So no event is lost, and none is told of what was rolled back. The store decides who wants an event, so an endpoint gets
everything that happens after the answer to its creation. A statement that moves deliveries also returns
`IS_ANYONE_LISTENING`, so recording costs nothing while there is no endpoint.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, Insert, SmallInteger, Text, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from property_alert_notification.database import BatchStatement, Script, Statement, columns_of, table_of
from property_alert_notification.events.models import (
    ALL,
    LISTENING,
    EndpointState,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
    WebhookEvent,
)
from property_alert_notification.events.new_event import NewEvent

_endpoints = table_of(WebhookEndpoint)
_events = table_of(WebhookEvent)
_deliveries = table_of(WebhookDelivery)

_is_listening = _endpoints.c.state.in_([literal(state.value) for state in LISTENING])
IS_ANYONE_LISTENING = select(_endpoints.c.id).where(_is_listening).exists()
"""Whether there is an endpoint for which events are recorded, as a condition that depends on no row."""


_IS_ANYONE_LISTENING = BatchStatement({}, lambda _: select(IS_ANYONE_LISTENING))


def is_anyone_listening() -> Script[bool]:
    """Whether there is an endpoint for which events are recorded."""
    return bool((yield Statement(_IS_ANYONE_LISTENING, ()))[0][0])


def _wants(events: FromClause) -> ColumnElement[bool]:
    """Whether an endpoint wants an event. Events of users are of interest to every caller."""
    return (
        (_endpoints.c.test == events.c.test)
        & or_(_endpoints.c.events == ALL, _endpoints.c.events.contains(" " + events.c.type + " "))
        & or_(
            _endpoints.c.caller.is_(None),
            _endpoints.c.caller == events.c.caller,
            events.c.user_id.is_not(None),
        )
    )


_COLUMNS = columns_of(_events, *NewEvent._fields)


def _insert_events(new: FromClause) -> Insert:
    is_wanted = select(_endpoints.c.id).where(_is_listening, _wants(new)).exists()
    return insert(_events).from_select(NewEvent._fields, select(*new.c).where(is_wanted)).on_conflict_do_nothing()


_DELIVERY = ("endpoint_id", "event_id", "state", "due_at", "queued_at", "fence", "attempts")


def _insert_deliveries(new: FromClause) -> Insert:
    rows = select(
        _endpoints.c.id,
        new.c.id,
        literal(WebhookDeliveryState.PENDING.value, Text),
        new.c.at,
        new.c.at,
        literal(0, _deliveries.c.fence.type),
        literal(0, SmallInteger),
    ).where(_endpoints.c.state == literal(EndpointState.ENABLED.value), _wants(new))
    return insert(_deliveries).from_select(_DELIVERY, rows).on_conflict_do_nothing()


_INSERT_EVENTS = BatchStatement(_COLUMNS, _insert_events)
_INSERT_DELIVERIES = BatchStatement(_COLUMNS, _insert_deliveries)


def statements(events: Sequence[NewEvent]) -> list[Statement]:
    """The statements that record these events for the endpoints that want them; they may be part of a batch."""
    if not events:
        return []
    return [Statement(_INSERT_EVENTS, events), Statement(_INSERT_DELIVERIES, events)]


def record(events: Sequence[NewEvent]) -> Script[None]:
    """Record these events in the transaction that makes them true."""
    for statement in statements(events):  # noqa: UP028 - a list takes no rows
        yield statement

"""The steps of scripts that add consent records, and the events of decisions for webhook endpoints."""

from collections.abc import Collection

from property_alert_notification.database import BatchStatement, Script, Statement, columns_of, insert_rows, table_of
from property_alert_notification.events.event_types import EventType
from property_alert_notification.events.new_event import NewEvent, about_user
from property_alert_notification.events.scripts import is_anyone_listening, record
from property_alert_notification.people.consent.models import ConsentRecord
from property_alert_notification.people.consent.rules import ConsentDecision

_records = table_of(ConsentRecord)
_COLUMNS = tuple(_records.c.keys())


_ADD = BatchStatement(columns_of(_records, *_COLUMNS), lambda new: insert_rows(_records, new))


def add(records: Collection[ConsentRecord]) -> Statement:
    """Add records, any number of them in one statement."""
    return Statement(_ADD, [[getattr(record, name) for name in _COLUMNS] for record in records])


Decided = tuple[int, ConsentRecord]
"""A user, and a record of the user's decision."""

_TYPES = {
    ConsentDecision.OPTED_IN: EventType.RECIPIENT_OPTED_IN,
    ConsentDecision.CONFIRMED: EventType.RECIPIENT_OPTED_IN,
    ConsentDecision.OPTED_OUT: EventType.RECIPIENT_OPTED_OUT,
}
"""A request for confirmation and its expiry change nothing for an endpoint."""


def record_decisions(decided: Collection[Decided]) -> Script[None]:
    """Record the events of these decisions, in the transaction that stores their records."""
    final = [(user_id, one) for user_id, one in decided if one.decision in _TYPES]
    if final and (yield from is_anyone_listening()):
        yield from record([_event(user_id, decision) for user_id, decision in final])


def _event(user_id: int, decision: ConsentRecord) -> NewEvent:
    return about_user(
        _TYPES[ConsentDecision(decision.decision)],
        user_id,
        decision.recorded_at,
        subject=decision.id,
        channel=decision.channel or None,
        category=decision.category or None,
        reason_code=decision.source,
    )

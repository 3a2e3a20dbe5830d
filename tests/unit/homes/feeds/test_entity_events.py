"""Events of RESO's EntityEvent resource, clean and dirty."""

from typing import Any

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.feeds.entity_events import Event, events_of, read_events

EVENT: dict[str, Any] = {"EntityEventSequence": 7, "ResourceName": "Property", "ResourceRecordKey": "1"}


@pytest.mark.parametrize(
    ("given", "sequence"), [(0, 0), (2**63 - 1, 2**63 - 1), ("9223372036854775807", 2**63 - 1), (" 7 ", 7), (7.0, 7)]
)
def test_a_sequence_is_a_whole_number_in_any_form(given: Any, sequence: int) -> None:
    assert read_events([EVENT | {"EntityEventSequence": given}]).events == [Event(sequence, "1")]


@pytest.mark.parametrize("given", [None, -1, 2**63, True, 1.5, "1.5", "", "x", "9" * 20, [], 1e300])
def test_anything_else_is_refused(given: Any) -> None:
    [refused] = read_events([EVENT | {"EntityEventSequence": given}]).refused

    assert refused.fault.field == "EntityEventSequence"


def test_events_about_other_resources_are_only_counted() -> None:
    batch = read_events([EVENT, EVENT | {"ResourceName": "Member", "EntityEventSequence": 9}, EVENT, 5])

    assert (batch.events, batch.ignored, batch.last) == ([Event(7, "1")], 1, 9)
    assert [one.place for one in batch.refused] == [3]


def test_events_about_open_houses_are_read_on_request() -> None:
    event = EVENT | {"ResourceName": "openhouse"}

    assert read_events([event]).events == []
    batch = read_events([event, EVENT], open_houses=True)
    assert (batch.events, batch.ignored) == ([Event(7, "1", "OpenHouse"), Event(7, "1")], 0)


def test_a_number_may_be_the_key() -> None:
    assert read_events([EVENT | {"ResourceRecordKey": 41, "ResourceName": "property"}]).events == [Event(7, "41")]


@pytest.mark.parametrize("context", ["urn:reso:metadata:2.0:resource:entityevent", "urn:reso:x:EntityEvent", None, 5])
def test_the_context_may_be_that_of_any_version(context: Any) -> None:
    assert events_of({"@reso.context": context, "value": [EVENT]}) == ([EVENT], True)
    assert events_of(EVENT) == ([EVENT], False)


def test_another_context_is_refused() -> None:
    with pytest.raises(InvalidField):
        events_of({"@reso.context": "urn:reso:metadata:2.0:resource:property", "value": []})

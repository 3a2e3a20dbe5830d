"""Which events the endpoint of a caller must get. Written from docs/webhooks.md alone. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tests.refusals.model import Message
from tests.refusals.people import Kind, Person

EARLIER = {"sent": set[str](), "delivered": {"sent"}, "failed": {"sent"}, "suppressed": set[str]()}
"""The ends that a delivery may have reached before its last one: a report may come before or after the answer."""
RECIPIENT = {
    Kind.CLICKS: "recipient.opted_out",
    Kind.PAGE: "recipient.opted_out",
    Kind.STOPS: "recipient.opted_out",
    Kind.OPTED_OUT: "recipient.opted_out",
    Kind.COMPLAINS: "recipient.complained",
    Kind.GONE: "recipient.bounced",
    Kind.BOUNCES: "recipient.bounced",
}
"""The event of each person who said no, or whose address bounces; the others have none."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the endpoint took it."""

    type: str
    user_id: int
    channel: str | None
    notification_id: str | None
    version: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """The event of a verified body, which leaves out the fields that an event does not have."""
        data = body["data"]
        return cls(body["type"], data["user_id"], data.get("channel"), data.get("notification_id"), data["version"])


def event_differences(messages: Sequence[Message], people: Iterable[Person], events: Iterable[Event]) -> list[str]:
    """Where the events differ from what happened, a line each; every event must be there once."""
    of_notifications: dict[str | None, list[Event]] = defaultdict(list)
    of_users: Counter[tuple[str, int, str | None]] = Counter()
    for event in events:
        if event.type.startswith("notification."):
            of_notifications[event.notification_id].append(event)
        else:
            of_users[event.type, event.user_id, event.channel] += 1
    lines = [line for one in messages for line in _of_message(one, of_notifications.pop(one.id, []))]
    lines += [f"{len(its)} events are about the unknown notification {id_}" for id_, its in of_notifications.items()]
    return [*lines, *_of_people(people, of_users)]


def _of_message(message: Message, its: list[Event]) -> Iterator[str]:
    its.sort(key=lambda event: event.version)
    types = [event.type.removeprefix("notification.") for event in its]
    name = f"{message.title} ({message.person.channel}, {message.person.kind}), which is {message.status},"
    if types[-1:] != [message.status]:
        yield f"{name} has the events {types}"
    elif len(set(types)) < len(types) or not EARLIER[message.status].issuperset(types[:-1]):
        yield f"{name} has too many events: {types}"
    if any((one.user_id, one.channel) != (message.person.user_id, message.person.channel) for one in its):
        yield f"{name} has events about somebody else"


def _of_people(people: Iterable[Person], found: Counter[tuple[str, int, str | None]]) -> Iterator[str]:
    expected = Counter(
        (RECIPIENT[one.kind], one.user_id, None if one.kind is Kind.PAGE else one.channel)
        for one in people
        if one.kind in RECIPIENT
    )
    for event, count in (expected - found).items():
        yield f"{event} is missing {count} times"
    for event, count in (found - expected).items():
        yield f"{event} came {count} times too often"

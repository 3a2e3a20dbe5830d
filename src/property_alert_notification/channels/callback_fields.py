"""What readers of callbacks have in common: fields as they are trusted, and many events in one body. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from property_alert_notification.base.logs import origin
from property_alert_notification.channels.callback import InboundMessage, Reported, ReportedEvent, UnreadableEvent

_CODE = re.compile(r"(?!.*\d{7})[\w.-]{1,40}", re.ASCII)
"""No word with so many digits: it may be a phone number."""

Document = TypeVar("Document")


class NotOurs(ValueError):
    """An event is about a message of another application at the same provider."""


def delivery_id_of(value: object) -> UUID | None:
    """The id of a delivery as an event repeats it; None if it repeats none.

    Raises:
        NotOurs: this service gives no message such an id.
    """
    if value is None or value == "":
        return None
    try:
        return UUID(value) if isinstance(value, str) else _not_ours()
    except ValueError:
        raise NotOurs from None


def _not_ours() -> UUID:
    raise NotOurs


def text_of(value: object) -> str | None:
    """An id as text; None if it is neither a text nor a number."""
    return str(value) if isinstance(value, (str, int)) and value != "" else None


def detail_of(*parts: object) -> str | None:
    """Codes as one line: numbers, and words of letters, digits, dots, dashes and underscores only."""
    words = [str(part) for part in parts if part not in (None, "")]
    return " ".join(word for word in words if _CODE.fullmatch(word)) or None


def read_each(
    documents: Iterable[Document], read: Callable[[Document], ReportedEvent | InboundMessage | None]
) -> list[Reported]:
    """What each document of a callback reports: one that cannot be read, or is not ours, does not stop the others.

    Raises:
        Exception: none of them can be read.
    """
    events: list[Reported] = []
    errors: list[Exception] = []
    number = 0
    for document in documents:
        number += 1
        try:
            if (event := read(document)) is not None:
                events.append(event)
        except NotOurs:
            continue
        except Exception as error:
            errors.append(error)
            events.append(UnreadableEvent(origin(error)))
    if errors and len(errors) == number:
        raise errors[0]
    return events

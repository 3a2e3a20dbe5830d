"""The messages in the queues: `{"v":1,"deliveries":["<uuid>", ...]}` names up to 50 due deliveries, and nothing else.

The AMQP property `timestamp` holds the time of publishing, in whole seconds.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aio_pika import DeliveryMode, Message

DELIVERIES_PER_MESSAGE = 50
_VERSION = 1
_LARGEST_BODY = 65_536


def due_messages(deliveries: Sequence[UUID], published_at: datetime) -> Sequence[Message]:
    """As few messages as name all the deliveries."""
    chunks = (
        deliveries[start : start + DELIVERIES_PER_MESSAGE]
        for start in range(0, len(deliveries), DELIVERIES_PER_MESSAGE)
    )
    return [persistent_message(_body(chunk), published_at) for chunk in chunks]


def _body(deliveries: Sequence[UUID]) -> bytes:
    content = {"v": _VERSION, "deliveries": [str(delivery) for delivery in deliveries]}
    return json.dumps(content, separators=(",", ":")).encode()


def persistent_message(body: bytes, published_at: datetime | None = None) -> Message:
    """A message that RabbitMQ keeps on disk."""
    return Message(body, content_type="application/json", delivery_mode=DeliveryMode.PERSISTENT, timestamp=published_at)


def read_deliveries(body: bytes) -> Sequence[UUID]:
    """The deliveries that a message names.

    Raises:
        ValueError: the body is not a message of ours; the text says why and never repeats the body.
    """
    if len(body) > _LARGEST_BODY:
        raise ValueError("too large")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(content, dict) or content.get("v") != _VERSION:
        raise ValueError("unknown version")
    try:
        return [UUID(delivery) for delivery in content["deliveries"]]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError("not a list of deliveries") from None

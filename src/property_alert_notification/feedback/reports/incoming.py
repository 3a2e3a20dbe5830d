"""Makes rows of what a callback reports. Pure."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import blake2s
from uuid import UUID

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import storable_id
from property_alert_notification.channels.callback import ReportedEvent, ReportedResult, UsedToken
from property_alert_notification.deliveries.reports.records import Report

LONGEST_RAW = 2_000
"""Characters that are kept of the event as the provider sent it."""
_LONGEST_DETAIL = 200


def reports_of(
    events: Iterable[ReportedEvent | UsedToken],
    body: bytes,
    *,
    channel: Channel,
    provider: str,
    new_id: Callable[[], UUID],
    now: datetime,
) -> list[Report]:
    """The rows of the events of one callback; events that name no message are left out."""
    reports = {}
    for event in events:
        if isinstance(event, UsedToken):
            key = _hash(channel, provider, event.event_id)
            reports[key] = Report(new_id(), key, channel, provider, now, None, None, ReportedResult.TAKEN)
            continue
        message_id = storable_id(event.provider_message_id)
        if message_id is None and event.delivery_id is None:
            continue
        report = Report(
            new_id(),
            key_of(event, channel, provider),
            channel,
            provider,
            now,
            event.delivery_id,
            message_id,
            event.result,
            event.cause,
            printable(event.detail, _LONGEST_DETAIL),
            readable(body if event.raw is None else event.raw),
        )
        reports[report.key] = report
    return list(reports.values())


def key_of(event: ReportedEvent, channel: Channel, provider: str) -> str:
    """What two callbacks about the same event have in common."""
    fields = [event.provider_message_id, event.delivery_id and str(event.delivery_id), event.result, event.cause]
    named = [event.event_id] if event.event_id is not None else [None, *fields, event.detail]
    return _hash(channel, provider, *named)


def _hash(*fields: str | None) -> str:
    return blake2s(json.dumps(fields).encode(), digest_size=16).hexdigest()


def readable(raw: bytes) -> str:
    """The beginning of a body as text that any store accepts."""
    return raw[: 4 * LONGEST_RAW].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_RAW]


def printable(text: str | None, longest: int) -> str | None:
    """One line of a provider's text; None if it is empty."""
    line = "".join(sign if sign.isprintable() else " " for sign in (text or "")[:longest]).strip()
    return line or None

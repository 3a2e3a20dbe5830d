"""A timeline is in order, and says for each channel why it was or was not used."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from property_alert_notification.base.clock import first_id_of
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.deliveries.models import Attempt, Delivery
from property_alert_notification.notifications.models import Notification, NotificationChange
from property_alert_notification.notifications.timeline import timeline

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ID = first_id_of(NOW)
# Made in the same millisecond, however long the tests before this one took.
_NUMBERS = itertools.count(1)


def test_an_accepted_notification_waits_for_a_worker() -> None:
    email = _delivery("email", state="queued", reason="the user wants email", due_at=NOW)
    sms = _delivery("sms", state="suppressed", reason="the user does not want sms")

    assert _described(_notification(caller="listings", test=True), [email, sms]) == [
        "accepted by listings, as a test",
        "email: planned, the user wants email",
        "sms: not used, the user does not want sms",
    ]


def test_a_scheduled_notification_shows_its_time_and_the_unrequested_channels() -> None:
    scheduled = _notification(channels="sms", send_at=datetime(2030, 1, 1, tzinfo=UTC), status="scheduled")

    assert _described(scheduled, []) == [
        "accepted",
        "email: not used, the caller did not request it",
        "waits until 2030-01-01T00:00:00+00:00",
    ]


def test_every_attempt_is_listed_with_its_outcome() -> None:
    email = _delivery("email", state="failed", reason="refused: no such mailbox", fence=2, changed_at=_after(90))
    tries = [
        _attempt(email, 1, ended_at=_after(10), outcome="not_sent", reason="not now"),
        _attempt(email, 2, ended_at=_after(90), outcome="refused", reason="no such mailbox"),
    ]

    assert _described(_notification(), [email], tries) == [
        "accepted",
        "email: planned, the user wants email",
        "email: tried by smtp, not_sent: not now",
        "email: tried by smtp, refused: no such mailbox",
        "email: failed, refused: no such mailbox",
    ]


def test_waiting_and_open_attempts_are_in_the_timeline() -> None:
    email = _delivery("email", state="retry_wait", reason="not now", fence=1, due_at=_after(60), changed_at=_after(20))
    sms = _delivery("sms", state="sending", reason="the user wants sms", fence=1, changed_at=_after(30))
    held = _delivery("sms", state="quarantined", reason="it broke", fence=5, changed_at=_after(40))
    tries = [_attempt(sms, 1, started_at=_after(30))]

    assert _described(_notification(), [email, sms, held], tries)[-3:] == [
        f"email: waits until {_after(60).isoformat(timespec='seconds')}",
        "sms: being tried by smtp",
        "sms: waits until a person decides",
    ]


def test_a_collected_delivery_waits_for_its_digest() -> None:
    email = _delivery("email", state="collected", reason="the user wants email", changed_at=_after(50))

    assert _described(_notification(), [email])[-1] == "email: waits for its digest"


def test_a_cancelled_notification_ends_as_cancelled() -> None:
    email = _delivery("email", state="cancelled", reason="its caller cancelled it", changed_at=_after(50))

    assert _described(_notification(cancelled_at=_after(50), cancelled_by="its caller"), [email]) == [
        "accepted",
        "email: planned, the user wants email",
        "email: cancelled, its caller cancelled it",
        "cancelled by its caller",
    ]
    assert _described(_notification(cancelled_at=_after(50), cancelled_by="ops (live key pa_live_12345678)"), []) == [
        "accepted",
        "cancelled by ops (live key pa_live_12345678)",
    ]
    assert _described(_notification(cancelled_at=_after(50)), []) == ["accepted", "cancelled"]


def test_a_hold_has_its_reason_and_a_replay_has_its_time() -> None:
    held = _delivery("email", state="held", reason="email is paused", changed_at=_after(20))
    replayed = _delivery(
        "sms", state="queued", reason="replayed", fence=3, replayed_at=_after(40), changed_at=_after(40)
    )

    described = timeline(_notification(), [held, replayed], {})

    assert [(one.at, one.what) for one in described][-2:] == [
        (_after(20), "email: waits, email is paused"),
        (_after(40), "sms: replayed by an operator"),
    ]
    assert [one.what for one in described][1:3] == [
        "email: planned, the user wants email",
        "sms: planned, the user wants sms",
    ]


def test_a_claimed_delivery_that_was_not_submitted_has_the_reason_of_its_wait() -> None:
    notification = _notification()
    given_back = _delivery("email", state="queued", reason="its worker stopped", fence=2, changed_at=_after(5))
    replayed = _delivery("email", state="queued", fence=2, changed_at=_after(5), replayed_at=_after(5))

    assert _described(notification, [given_back])[-1] == "email: waits, its worker stopped"
    assert _described(notification, [replayed])[-1] == "email: replayed by an operator"


def test_only_a_delivery_before_its_first_claim_shows_its_reason_as_that_of_the_plan() -> None:
    first = _delivery("email", state="queued", reason="nobody said anything, which means yes", due_at=NOW)
    again = _delivery("sms", state="queued", reason="the lease ran out", fence=1, due_at=NOW, changed_at=_after(9))

    assert _described(_notification(), [first, again])[1:] == [
        "email: planned, nobody said anything, which means yes",
        "sms: planned, the user wants sms",
        "sms: waits, the lease ran out",
    ]


def test_a_channel_without_an_address_is_not_used_and_a_time_that_has_come_is_not_waited_for() -> None:
    notification = _notification(send_at=NOW + timedelta(microseconds=700))
    sent = _delivery("email", state="sent", reason="the provider took it", fence=1)

    described = timeline(notification, [sent], {}, without_address=[Channel("sms")])

    assert [(one.at, one.what) for one in described] == [
        (notification.accepted_at, "accepted"),
        (notification.accepted_at, "sms: not used, the caller gave no address for it"),
        (notification.accepted_at, "email: planned, the user wants email"),
    ]


def test_a_change_has_its_author_and_the_changed_fields() -> None:
    by = "its caller, crm (test key pa_test_12345678)"
    change = NotificationChange(id=ID, notification_id=ID, at=_after(20), changed_by=by, fields="title send_at")

    described = timeline(_notification(), [], {}, [change])

    assert [(one.at, one.what) for one in described][-1] == (_after(20), f"changed by {by}: title, send_at")


def _described(
    notification: Notification, deliveries: list[Delivery], attempts: list[Attempt] | None = None
) -> list[str]:
    by_delivery = {one.id: [try_ for try_ in attempts or [] if try_.delivery_id == one.id] for one in deliveries}
    entries = timeline(notification, deliveries, by_delivery)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    return [entry.what for entry in entries]


def _after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def _notification(**fields: Any) -> Notification:
    # A moment after the millisecond of its id began, as in truth.
    accepted_at = NOW + timedelta(microseconds=700)
    usual = {"id": ID, "user_id": 1, "category": "general", "title": "t", "message": "m", "urgent": False}
    return Notification(**usual | {"accepted_at": accepted_at} | fields)


def _delivery(channel: str, **fields: Any) -> Delivery:
    usual = {"id": UUID(int=ID.int + next(_NUMBERS)), "notification_id": ID, "channel": channel, "address": "somewhere"}
    usual |= {"urgent": False, "fence": 0, "changed_at": NOW}
    return Delivery(**usual | _with_codes(fields))


def _attempt(delivery: Delivery, fence: int, **fields: Any) -> Attempt:
    usual = {"delivery_id": delivery.id, "fence": fence, "provider": "smtp", "started_at": NOW}
    return Attempt(**usual | _with_codes(fields))


def _with_codes(fields: dict[str, Any]) -> dict[str, Any]:
    """A sentence as it is stored: the parameter of a code."""
    reason = fields.pop("reason", None)
    return (
        fields
        if reason is None
        else fields | {"reason_code": "other", "reason_parameters": json.dumps({"text": reason})}
    )

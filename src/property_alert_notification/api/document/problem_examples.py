"""Examples of error answers."""

from typing import Any

from property_alert_notification.api.document import (
    callback_examples,
    listing_examples,
    reply_examples,
    schedule_examples,
    search_examples,
    suppression_examples,
    webhook_examples,
)
from property_alert_notification.api.problems import SEND_JSON, contents_of
from property_alert_notification.base.errors import (
    Conflict,
    Forbidden,
    InvalidField,
    NotFound,
    PreferenceNotFound,
    PreferencesExist,
    PreferencesNotFound,
    ProfileNotFound,
    TooManyRequests,
    Unauthorised,
    Unavailable,
)
from property_alert_notification.base.vocabulary import Scope


def _problem(status: int, title: str, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


TROUBLE: dict[str, Any] = {
    "400": _problem(
        400, "Bad Request", "The body is not in UTF-8, which JSON has to be in: see the byte at position 14."
    ),
    "401": contents_of(Unauthorised("This API key is unknown, has expired or was revoked.")),
    "403": contents_of(Forbidden(Scope.NOTIFICATIONS_WRITE)),
    "412": search_examples.NOT_MATCHING,
    "409": contents_of(Conflict("Nothing is left to cancel: it has ended, or is being sent at this moment.")),
    "413": _problem(413, "Request Entity Too Large", "The body is larger than 256 kB. Send less at once."),
    "415": _problem(415, "Unsupported Media Type", SEND_JSON),
    "422": contents_of(InvalidField("title", "must be one line")),
    "429": contents_of(
        TooManyRequests("This API key may make 600/min. Repeat the call when the next window begins.", retry_after=42)
    ),
    "503": contents_of(Unavailable("The store is not available. Try again.")),
}
"""The error answers that all operations share, by status."""

_NO_NOTIFICATION = contents_of(NotFound("Notification not found"))
_NO_DELIVERY = contents_of(NotFound("Delivery not found"))
_NO_PREFERENCE = contents_of(PreferenceNotFound())
_NO_CATEGORY = contents_of(NotFound("There is no category price_drop."))

OWN: dict[tuple[str, str], Any] = {
    ("create_preference", "400"): contents_of(PreferencesExist(1)),
    ("create_webhook", "409"): contents_of(webhook_examples.TOO_MANY),
    ("test_webhook", "409"): contents_of(webhook_examples.NOT_ENABLED),
    ("replay_webhook", "409"): contents_of(webhook_examples.NOT_ENABLED),
    ("receive_callback", "400"): contents_of(callback_examples.UNREADABLE),
    **dict.fromkeys((("read_listing", "409"), ("read_listing_history", "409")), listing_examples.SEVERAL),
    ("split_property", "409"): listing_examples.LAST_LISTING,
    ("merge_property", "409"): listing_examples.ONE_ALREADY,
    ("create_saved_search", "409"): search_examples.TOO_MANY,
    **dict.fromkeys(((name, "409") for name in search_examples.NAMES_A_LISTING), listing_examples.SEVERAL),
    ("change_saved_search", "409"): search_examples.ANOTHER_VERSION,
    ("receive_callback", "403"): contents_of(callback_examples.FORGED),
}
"""The error answers that one operation has of its own, by its id and the status."""

UNKNOWN: dict[str, Any] = {
    "schedule_notification": contents_of(PreferencesNotFound(1)),
    "create_schedule": contents_of(PreferencesNotFound(1)),
    **dict.fromkeys(schedule_examples.NAMES_ONE, contents_of(schedule_examples.NO_SCHEDULE)),
    "read_notification": _NO_NOTIFICATION,
    "list_notification_consents": _NO_NOTIFICATION,
    "change_notification": _NO_NOTIFICATION,
    "cancel_notification": _NO_NOTIFICATION,
    "read_preference": _NO_PREFERENCE,
    "patch_preference": _NO_PREFERENCE,
    "delete_preference": _NO_PREFERENCE,
    "read_effective_preference": _NO_PREFERENCE,
    "read_profile": contents_of(ProfileNotFound()),
    **dict.fromkeys(("read_listing", "read_listing_history"), listing_examples.NO_LISTING),
    **dict.fromkeys(("read_property", "split_property", "merge_property"), listing_examples.NO_PROPERTY),
    **dict.fromkeys(search_examples.NAMES_ONE, search_examples.NO_SEARCH),
    **dict.fromkeys(search_examples.NAMES_A_LISTING, listing_examples.NO_LISTING),
    "release_suppression": contents_of(suppression_examples.NO_ENTRY),
    "change_reply": contents_of(reply_examples.NO_REPLY),
    **dict.fromkeys(webhook_examples.NAMES_ONE, contents_of(webhook_examples.NO_WEBHOOK)),
    "read_category": _NO_CATEGORY,
    "delete_category": _NO_CATEGORY,
    "read_quarantined": contents_of(NotFound("No such delivery is quarantined")),
    "replay_quarantined": _NO_DELIVERY,
    "discard_quarantined": _NO_DELIVERY,
    "resume_sending": contents_of(NotFound("Sending of email is not paused.")),
    "receive_callback": contents_of(callback_examples.NO_CALLBACKS),
    "show_message": contents_of(NotFound("Message not found")),
}
"""The error answers of operations whose path or body names an unknown object."""

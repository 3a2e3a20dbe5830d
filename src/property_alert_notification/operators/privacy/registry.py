"""The declarations of all tables.

A house test fails for a table or a column that is not declared here. Export, erasure and docs/privacy.md follow these
declarations, so a new table needs nothing else. The order is that of export and of erasure: rows through which others
are found come after them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from property_alert_notification.operators.privacy.declaration import ERASED_USER, Erasure, FoundBy, Table
from property_alert_notification.operators.privacy.homes import HOMES
from property_alert_notification.operators.privacy.searches import SEARCHES

_RETENTION = "`RETENTION_DAYS`"
_ENDED = f"{_RETENTION} after the notification ended"

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        "preferences": Table(
            "the preferences of users",
            "until they are replaced or the user is erased; after they were deleted, that they were",
            FoundBy.USER,
            "user_id",
            exported="channels rules updated_at withdrawn_at",
            hidden="user_id",
        ),
        "test_preferences": Table(
            "preferences set with test keys",
            "as preferences",
            FoundBy.USER,
            "user_id",
            exported="channels rules updated_at withdrawn_at",
            hidden="user_id",
        ),
        "profiles": Table(
            "the profile of a user: addresses, name, language, time zone",
            f"{_RETENTION} after it was last requested, and not before `USER_SERVICE_STALE_HOURS`; a pushed profile "
            "until the User service deletes it",
            FoundBy.USER,
            "user_id",
            exported="email phone_number name language time_zone country missing pushed known_at",
            hidden="user_id etag",
        ),
        "suppressions": Table(
            "the suppression list, with keyed hashes in place of addresses and users",
            "until it expires or is released; erasure keeps it, without its note",
            FoundBy.SUBJECT,
            "subject",
            exported="about channel reason_code scope category note added_by created_at expires_at",
            hidden="id subject",
            erasure=Erasure.BLANK,
            blank={"note": None},
        ),
        "consent_records": Table(
            "opt-ins and opt-outs, with keyed hashes in place of addresses and users",
            "for good, as proof; erasure removes the IP address",
            FoundBy.SUBJECT,
            "subject",
            exported="about decision channel category scope source wording ip_address actor recorded_at expires_at",
            hidden="id subject",
            erasure=Erasure.BLANK,
            blank={"ip_address": None},
        ),
        "cap_counters": Table(
            "which users have a cap, and on which day a message last counted",
            "about a week",
            FoundBy.USER,
            "user_id",
            exported="test channel counted_at",
            hidden="user_id",
        ),
        "cap_uses": Table(
            "the messages that count into a cap",
            "about a week",
            FoundBy.USER,
            "user_id",
            exported="delivery_id test channel day",
            hidden="user_id",
        ),
        "schedules": Table(
            "recurring notifications",
            f"{_RETENTION} after the schedule ended",
            FoundBy.USER,
            "user_id",
            exported=(
                "id category reference title message urgent channels addresses caller test rrule start time_zone "
                "state reason_code occurred changed_at"
            ),
            hidden="user_id look_up used_zone reason_parameters next_at passed_at passed_local final",
        ),
        **SEARCHES,
        "inbound_replies": Table(
            "messages that people sent to our numbers",
            f"{_RETENTION} after they were received",
            FoundBy.ADDRESS,
            "sender",
            exported="channel sender text word is_refusal received_at handled_at",
            hidden="id key provider handled_by",
        ),
        "mailbox_messages": Table(
            "messages that a mailbox provider took, in development",
            "the newest thousands; see `property-alerts` and the mailbox page",
            FoundBy.DELIVERY,
            "delivery_id",
            exported="delivery_id channel sender address subject text captured_at",
            hidden="id html raw",
        ),
        "delivery_reports": Table(
            "what providers and mail servers reported about deliveries, as they sent it",
            f"{_ENDED}; about an unknown message an hour",
            FoundBy.DELIVERY,
            "delivery_id",
            exported="delivery_id channel provider received_at result cause detail raw",
            hidden="id key retry_at named_delivery_id provider_message_id subject",
        ),
        "holds": Table(
            "when quiet hours or a legal window held a delivery",
            _ENDED,
            FoundBy.DELIVERY,
            "delivery_id",
            exported="delivery_id at reason_code reason_parameters",
            hidden="fence",
        ),
        "attempts": Table(
            "the attempts of deliveries",
            _ENDED,
            FoundBy.DELIVERY,
            "delivery_id",
            exported="delivery_id provider claimed_at started_at ended_at outcome reason_code reason_parameters",
            hidden="fence provider_message_id abandoned",
            erasure=Erasure.BLANK,
            blank={"reason_code": "user_erased", "reason_parameters": None},
        ),
        "webhook_events": Table(
            "what webhook endpoints are told: events of notifications by their ids, events of users by the user's id",
            "`WEBHOOK_RETENTION_DAYS`",
            FoundBy.USER,
            "user_id",
            exported="type at channel category reason_code",
            hidden="id test caller notification_id user_id",
        ),
        "digest_windows": Table(
            "which digests collected what",
            f"{_RETENTION} after the digest was made",
            FoundBy.USER,
            "user_id",
            exported="test channel category closes_at closed_at digest_id items",
            hidden="id user_id due_at",
        ),
        "schedule_occurrences": Table(
            "which notification a schedule created",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported="notification_id schedule_id local",
        ),
        "alerts": Table(
            "which home an alert tells of, and its searches",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported="notification_id listing_id details",
            hidden="person sequence left_out facts senders",
        ),
        "unsent_alerts": Table(
            "why alerts were not sent, after their notifications were deleted",
            "`LISTING_RETENTION_DAYS` after the notification was accepted",
            FoundBy.USER,
            "user_id",
            exported="notification_id listing_id channel reason_code reason_parameters",
            hidden="user_id person sequence facts senders approval",
        ),
        "search_notices": Table(
            "which saved search a message is about that tells of no home",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported="notification_id search_number version",
        ),
        "approval_searches": Table(
            "the saved searches that asked for the approval of an alert",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported="notification_id search_number",
        ),
        "approval_facts": Table(
            "the facts that an alert tells if it is approved",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported="notification_id listing_id fact",
            hidden="person sequence in_first_alert",
        ),
        "notification_changes": Table(
            "who changed which fields of a notification",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported="notification_id at changed_by fields",
            hidden="id",
        ),
        "deliveries": Table(
            "a notification on one channel, to one address",
            _ENDED,
            FoundBy.NOTIFICATION,
            "notification_id",
            exported=(
                "id notification_id channel address urgent test state reason_code reason_parameters held_by "
                "due_at changed_at"
            ),
            hidden="published_at fence attempts unknowns replayed_at",
            erasure=Erasure.BLANK,
            blank={
                "address": "",
                "reason_code": "user_erased",
                "reason_parameters": None,
                "held_by": None,
                "due_at": None,
                "published_at": None,
            },
        ),
        "notifications": Table(
            "notifications with their title and text",
            f"{_RETENTION} after their last change",
            FoundBy.USER,
            "user_id",
            exported=(
                "id category reference title message urgent channels accepted_at expires_at caller test send_at "
                "send_at_local addresses digest_at approval cancelled_at"
            ),
            hidden="user_id status look_up look_up_at parked away_since moved_at cancelled_by",
            erasure=Erasure.BLANK,
            blank={
                "user_id": ERASED_USER,
                "reference": None,
                "title": "",
                "message": "",
                "send_at_local": None,
                "addresses": None,
                "look_up": None,
                "look_up_at": None,
                "parked": None,
            },
        ),
        "erasures": Table(
            "which users and addresses were erased, as keyed hashes; the user's id until the erasure is finished",
            f"{_RETENTION} after the erasure finished",
            FoundBy.SUBJECT,
            "subject",
            exported="about requested_at finished_at",
            hidden="subject user_id requested_by due_at counted",
            erasure=Erasure.KEEP,
        ),
        "idempotency_keys": Table(
            "the keys of calls, and the answers without messages and addresses",
            "`IDEMPOTENCY_HOURS`",
            FoundBy.USER,
            "user_id",
            hidden="owner key fingerprint status_code answer user_id expires_at",
        ),
        "api_keys": Table("API keys of other services, as hashes", "for good"),
        "rate_windows": Table("how many calls a service made", "until the window is over"),
        "audit_log": Table("changes by operators and services, without data of users", "for good"),
        "webhook_endpoints": Table("webhook endpoints of other services", "until they are deleted"),
        "webhook_deliveries": Table(
            "which event was sent to which endpoint, and with what result",
            "`WEBHOOK_RETENTION_DAYS`",
            FoundBy.EVENT,
            "event_id",
            hidden=(
                "endpoint_id event_id state due_at queued_at fence attempts last_attempt_at last_status last_error "
                "last_milliseconds"
            ),
        ),
        "webhook_attempts": Table(
            "failed attempts to send an event",
            "`WEBHOOK_RETENTION_DAYS`",
            FoundBy.EVENT,
            "event_id",
            hidden="endpoint_id event_id fence at status error milliseconds",
        ),
        **HOMES,
        "categories": Table("definitions of categories", "until they are deleted"),
        "pauses": Table("pauses by operators", "until they end"),
        "breakers": Table("the state of providers", "while their worker lives"),
        "provider_accounts": Table("the rate of providers", "for good"),
        "sns_certificates": Table("certificates that verified messages of Amazon SNS", "the newest 16"),
    }
)

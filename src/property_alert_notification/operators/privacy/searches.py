"""The declarations of what users look for, and of what they think of homes."""

from collections.abc import Mapping
from types import MappingProxyType

from property_alert_notification.operators.privacy.declaration import ERASED_USER, Erasure, FoundBy, Table

SEARCHES: Mapping[str, Table] = MappingProxyType(
    {
        "saved_searches": Table(
            "saved searches: which homes a user looks for",
            "until they are deleted",
            FoundBy.USER,
            "user_id",
            exported=(
                "id name version query_type query schedule_type daily_schedule channels change_types concierge "
                "active reason_code expected_per_day warnings created_at changed_at viewed_at unseen_since "
                "ignored"
            ),
            hidden="user_id number person expression first_alert_at check_at told_at told_too_many usual_schedule",
        ),
        "saved_search_versions": Table(
            "what a saved search looked for at which time",
            "`LISTING_RETENTION_DAYS` after another version replaced it, or its search was paused or deleted; erasure "
            "keeps only numbers",
            FoundBy.USER,
            "user_id",
            exported="search_number version query_type query schedule_type change_types from_at until_at",
            hidden="user_id person expression packed from_sequence until_sequence",
            erasure=Erasure.BLANK,
            blank={"user_id": ERASED_USER, "query": "", "expression": "", "packed": None},
        ),
        "listing_preferences": Table(
            "what users think of homes: favourites and discarded ones",
            "until the user takes it back",
            FoundBy.USER,
            "user_id",
            exported="listing_id preference changed_at",
            hidden="id user_id person",
        ),
        "search_people": Table(
            "the number that stands for a user where it is recorded who was alerted to which home",
            "until the user is erased; then the number names nobody",
            FoundBy.USER,
            "user_id",
            exported="number",
            hidden="user_id",
        ),
    }
)

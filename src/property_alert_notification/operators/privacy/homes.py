"""The declarations of the tables about homes that name nobody who gets messages."""

from collections.abc import Mapping
from types import MappingProxyType

from property_alert_notification.operators.privacy.declaration import Table

HOMES: Mapping[str, Table] = MappingProxyType(
    {
        **dict.fromkeys(
            ("listings", "listing_versions", "listing_changes", "properties", "property_keys"),
            Table(
                "homes on the market and their changes, without contact data of agents and owners",
                "`LISTING_RETENTION_DAYS` after the home left the market",
            ),
        ),
        "property_rulings": Table(
            "which listings operators said are of the same home, or are not", "as long as the listings"
        ),
        "feed_positions": Table("how far listings are replicated from each feed", "for good"),
        "feed_events": Table(
            "which records of listings and open houses changed in a feed",
            "a day after the record was requested; events that no feed takes `RETENTION_DAYS`",
        ),
        "listing_positions": Table("the last number of a change", "for good"),
        **dict.fromkeys(
            ("told", "match_log"),
            Table(
                "which people were told which fact of a home, and which saved searches it matched: numbers that name "
                "nobody after erasure",
                "`LISTING_RETENTION_DAYS`",
            ),
        ),
        "dropped_matches": Table(
            "why people were not told of a change that their saved searches matched, by numbers that name nobody after "
            "erasure",
            "`LISTING_RETENTION_DAYS`",
        ),
        "matched_days": Table(
            "on which day a saved search matched last, by numbers that name nobody after erasure", "for good"
        ),
        "search_digests": Table(
            "when the matches of a saved search go into a digest, by numbers that name nobody after erasure",
            "until the saved search is paused or deleted",
        ),
        "matchers": Table("how far matching has come, for each share of the users", "for good"),
    }
)

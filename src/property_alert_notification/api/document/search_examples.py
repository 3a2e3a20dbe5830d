"""The examples of calls about saved searches."""

from typing import Any

from property_alert_notification.api.problems import contents_of
from property_alert_notification.base.errors import Conflict, NotFound

_CRITERIA = {"City": ["Seattle"], "ListPrice": {"max": 650000}, "BedroomsTotal": {"min": 3}}
_SENTENCE = "Homes in Seattle, up to $650,000, 3 or more bedrooms"

_SEARCH: dict[str, Any] = {
    "SavedSearchKey": "01a226a1-3f30-7b6c-8d0e-9a4b6f6a2c11",
    "SavedSearchName": "Near work",
    "ResourceName": "Property",
    "SearchQueryType": "Criteria",
    "SearchQuery": None,
    "Criteria": _CRITERIA,
    "SearchQueryHumanReadable": _SENTENCE,
    "ScheduleType": "ASAP",
    "DailySchedule": [],
    "Channels": None,
    "ChangeTypes": ["New Listing", "Price Change"],
    "ConciergeYN": False,
    "ActiveYN": True,
    "ReasonActiveOrDisabled": None,
    "Version": 1,
    "ExpectedPerDay": 0.7,
    "Warnings": [],
    "LastNewChangedTimestamp": None,
    "LastViewedTimestamp": "2026-11-29T20:00:00.512804Z",
    "OriginalEntryTimestamp": "2026-11-29T20:00:00.512804Z",
    "ModificationTimestamp": "2026-11-29T20:00:00.512804Z",
}

_PREVIEW: dict[str, Any] = {
    "SearchQueryHumanReadable": _SENTENCE,
    "MatchesNow": 1,
    "ExactYN": True,
    "ListingsCompared": 9408,
    "ListingsOnMarket": 9408,
    "Listings": [
        {
            "ListingKey": "6414100192",
            "StandardStatus": "Active",
            "PropertyType": "Residential",
            "ListPrice": 525000,
            "currency": "USD",
            "UnparsedAddress": "11515 Pinehurst Way NE",
            "City": "Seattle",
            "BedroomsTotal": 3,
            "ModificationTimestamp": "2026-11-28T09:00:00Z",
        }
    ],
    "ExpectedPerDay": 0.7,
    "Warnings": [],
    "Advice": None,
    "Conditions": [
        {"Condition": "in Seattle", "MatchesWithout": 4},
        {"Condition": "up to $650,000", "MatchesWithout": 2},
        {"Condition": "3 or more bedrooms", "MatchesWithout": 9},
    ],
    "ConditionsExactYN": True,
}

_PREFERENCE: dict[str, Any] = {
    "ListingKey": "6414100192",
    "SourceSystemName": "",
    "ContactListingPreference": "Discard",
    "ModificationTimestamp": "2026-11-29T20:10:00.512804Z",
}

_EXPLANATION: dict[str, Any] = {
    "ListingKey": "6414100192",
    "property_id": "01a226a1-2f10-7a52-b7c4-3f0c8a1e9d02",
    "StandardStatus": "Active",
    "shown": True,
    "discarded": False,
    "searches": [
        {
            "SavedSearchKey": "01a226a1-3f30-7b6c-8d0e-9a4b6f6a2c11",
            "SavedSearchName": "Near work",
            "deleted": False,
            "Version": 1,
            "ActiveYN": True,
            "ScheduleType": "ASAP",
            "matches": False,
            "conditions": [
                {
                    "condition": "up to $500,000",
                    "reason": "up to $500,000 → no, it is $538,000",
                    "field": "ListPrice",
                    "test": "range",
                    "value": {"amount": 538000, "currency": "USD"},
                    "bound": {"max": 500000, "currency": "USD"},
                    "met": False,
                }
            ],
            "next_digest_at": None,
            "outcome": None,
            "reason": None,
        },
        {
            "SavedSearchKey": "01a226a1-3f30-7c01-9b1e-5d2c7a80f3b6",
            "SavedSearchName": "Everything",
            "deleted": False,
            "Version": 2,
            "ActiveYN": True,
            "ScheduleType": "ASAP",
            "matches": True,
            "conditions": [],
            "next_digest_at": None,
            "outcome": None,
            "reason": None,
        },
    ],
    "changes": [
        {
            "sequence": 7,
            "at": "2026-11-27T17:05:02.512804Z",
            "ListingKey": "6414100192",
            "ModificationTimestamp": "2026-11-27T17:05:00Z",
            "facts": [{"ChangeType": "New Listing", "PreviousValue": None, "NewValue": "Active"}],
            "searches": [
                {
                    "SavedSearchKey": "01a226a1-3f30-7b6c-8d0e-9a4b6f6a2c11",
                    "SavedSearchName": "Near work",
                    "Version": 1,
                    "SearchQueryHumanReadable": "Homes in Seattle, up to $500,000",
                    "outcome": "not_matching",
                    "reason_code": None,
                    "reason": "the home did not meet all conditions of the search",
                    "alert": None,
                    "unmet": ["up to $500,000 → no, it is $538,000"],
                },
                {
                    "SavedSearchKey": "01a226a1-3f30-7c01-9b1e-5d2c7a80f3b6",
                    "SavedSearchName": "Everything",
                    "Version": 2,
                    "SearchQueryHumanReadable": "All homes",
                    "outcome": "told",
                    "reason_code": None,
                    "reason": "the user was told",
                    "alert": {
                        "notification_id": "01a226a1-4a10-7e2f-a6c3-8b5d0e19f7a4",
                        "channel": "email",
                        "since": "2026-11-27T17:05:04.207311Z",
                        "digest_id": None,
                    },
                    "unmet": [],
                },
            ],
        }
    ],
    "alerts": [
        {
            "notification_id": "01a226a1-4a10-7e2f-a6c3-8b5d0e19f7a4",
            "accepted_at": "2026-11-27T17:05:03.512804Z",
            "sequence": 7,
            "first_alert": False,
            "left_out": None,
            "facts": [{"ChangeType": "New Listing", "PreviousValue": None, "NewValue": "Active"}],
            "deliveries": [
                {
                    "channel": "email",
                    "state": "sent",
                    "reason_code": "sent",
                    "reason": "the provider took it",
                    "changed_at": "2026-11-27T17:05:04.207311Z",
                }
            ],
        }
    ],
    "decisions": [
        {
            "decision": "send",
            "reason_code": "user_opted_in",
            "reason": "the user wants email",
            "rule": "service_default",
            "until": None,
            "channel": "email",
            "category": "listing_alert",
            "at": "2026-11-29T20:15:00.512804Z",
        }
    ],
}

_BACKTEST: dict[str, Any] = {
    "compared": 412,
    "complete": True,
    "outcomes": {"would_be_told": 1},
    "changes": [
        {
            "sequence": 7,
            "at": "2026-11-27T17:05:02.512804Z",
            "ListingKey": "6414100192",
            "property_id": "01a226a1-2f10-7a52-b7c4-3f0c8a1e9d02",
            "ModificationTimestamp": "2026-11-27T17:05:00Z",
            "facts": [
                {
                    "ChangeType": "New Listing",
                    "PreviousValue": None,
                    "NewValue": "Active",
                    "outcome": "would_be_told",
                    "reason_code": None,
                    "reason": "the search would tell it; it did not then",
                }
            ],
            "searches": [
                {
                    "SavedSearchKey": "01a226a1-3f30-7b6c-8d0e-9a4b6f6a2c11",
                    "SavedSearchName": "Near work",
                    "Version": None,
                    "matches": True,
                    "matched_then": False,
                }
            ],
        }
    ],
    "next": None,
}

_APPROVALS: dict[str, Any] = {
    "items": [
        {
            "id": "01a226a1-5a10-7c63-b0b5-95ecb5d8a1f1",
            "user_id": 1,
            "ListingKey": "6414100192",
            "SavedSearchKeys": ["01a226a1-3f30-7b6c-8d0e-9a4b6f6a2c11"],
            "title": "New listing: 8103 Bagley Ave N",
            "message": "8103 Bagley Ave N\nPrice: $538,000",
            "accepted_at": "2026-11-29T20:00:00.512804Z",
            "expires_at": "2026-12-04T20:00:00.512804Z",
            "digest_at": None,
        }
    ],
    "next": None,
}


def _decided(status: str) -> dict[str, Any]:
    return {"results": [{"id": "01a226a1-5a10-7c63-b0b5-95ecb5d8a1f1", "status": status}]}


ANSWERS: dict[str, Any] = {
    "list_approvals": _APPROVALS,
    "approve_alerts": _decided("approved"),
    "reject_alerts": _decided("rejected"),
    "list_all_approvals": _APPROVALS,
    "approve_alerts_of_all": _decided("approved"),
    "reject_alerts_of_all": _decided("rejected"),
    "list_listing_preferences": {"items": [_PREFERENCE], "next": None},
    "put_listing_preference": _PREFERENCE,
    "read_listing_preference": _PREFERENCE,
    "explain_listing": _EXPLANATION,
    "create_saved_search": _SEARCH,
    "list_saved_searches": {"items": [_SEARCH], "next": None},
    "read_saved_search": _SEARCH,
    "change_saved_search": _SEARCH | {"ReasonActiveOrDisabled": "Revised", "Version": 2},
    "view_saved_search": _SEARCH,
    "pause_saved_search": _SEARCH | {"ActiveYN": False, "ReasonActiveOrDisabled": "Client Disabled", "Version": 3},
    "resume_saved_search": _SEARCH | {"ReasonActiveOrDisabled": "Re-Activated", "Version": 4},
    "preview_saved_search": _PREVIEW,
    "backtest_searches": _BACKTEST,
    "backtest_saved_search": _BACKTEST,
}

NO_SEARCH = contents_of(NotFound("Saved search not found"))
TOO_MANY = contents_of(
    Conflict("User 1 has 100 saved searches, as many as SEARCH_LIMIT_PER_USER allows: delete one first.")
)
CHANGED = "The saved search was changed meanwhile: its current version is 2. Read it, and repeat the change."
ANOTHER_VERSION = contents_of(Conflict(CHANGED))
NOT_MATCHING = {"type": "about:blank", "title": "Precondition failed", "status": 412, "detail": CHANGED}
NAMES_ONE = (
    "read_saved_search",
    "change_saved_search",
    "delete_saved_search",
    "view_saved_search",
    "pause_saved_search",
    "resume_saved_search",
    "backtest_saved_search",
    "list_approvals",
)
"""The operations with the key of a search."""
NAMES_A_LISTING = (
    "put_listing_preference",
    "read_listing_preference",
    "delete_listing_preference",
    "explain_listing",
)
"""The operations about one listing of a user."""

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
}

_PREFERENCE: dict[str, Any] = {
    "ListingKey": "6414100192",
    "SourceSystemName": "",
    "ContactListingPreference": "Discard",
    "ModificationTimestamp": "2026-11-29T20:10:00.512804Z",
}

ANSWERS: dict[str, Any] = {
    "list_listing_preferences": {"items": [_PREFERENCE], "next": None},
    "put_listing_preference": _PREFERENCE,
    "read_listing_preference": _PREFERENCE,
    "create_saved_search": _SEARCH,
    "list_saved_searches": {"items": [_SEARCH], "next": None},
    "read_saved_search": _SEARCH,
    "change_saved_search": _SEARCH | {"ReasonActiveOrDisabled": "Revised", "Version": 2},
    "view_saved_search": _SEARCH,
    "pause_saved_search": _SEARCH | {"ActiveYN": False, "ReasonActiveOrDisabled": "Client Disabled", "Version": 3},
    "resume_saved_search": _SEARCH | {"ReasonActiveOrDisabled": "Re-Activated", "Version": 4},
    "preview_saved_search": _PREVIEW,
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
)
"""The operations with the key of a search in their path."""
NAMES_A_LISTING = ("put_listing_preference", "read_listing_preference", "delete_listing_preference")
"""The operations about one listing of a user."""

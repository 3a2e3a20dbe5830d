"""The examples of calls about listings. The home is one of the King County house sales of 2014, with made-up prices."""

from typing import Any

from property_alert_notification.api.problems import contents_of
from property_alert_notification.base.errors import Conflict, NotFound

RECORD: dict[str, Any] = {
    "@reso.context": "urn:reso:metadata:2.0:resource:property",
    "value": [
        {
            "ListingKey": "6414100192",
            "ModificationTimestamp": "2026-11-27T17:05:00Z",
            "StandardStatus": "Active",
            "PropertyType": "Residential",
            "ListPrice": 538000,
            "BedroomsTotal": 3,
            "BathroomsTotalInteger": 3,
            "LivingArea": 2570,
            "LivingAreaUnits": "Square Feet",
            "UnparsedAddress": "11515 Pinehurst Way NE",
            "City": "Seattle",
            "StateOrProvince": "WA",
            "PostalCode": "98125",
            "Latitude": 47.721,
            "Longitude": -122.319,
        }
    ],
}

EVENT: dict[str, Any] = {
    "@reso.context": "urn:reso:metadata:2.0:resource:entityevent",
    "value": [{"EntityEventSequence": 1102, "ResourceName": "Property", "ResourceRecordKey": "6414100192"}],
}

PROPERTY = "019ac4d2-7a10-7b3e-9c51-0d5e8f2a6b74"
_SPLIT = "019ac9f0-11c2-7d08-a6a4-5b1c7be0d3f2"

_STATE = RECORD["value"][0] | {"ListPrice": 525000, "ModificationTimestamp": "2026-11-28T09:00:00Z", "currency": "USD"}

_FACTS: list[dict[str, Any]] = [
    {
        "ChangeType": "Price Change",
        "FieldName": "ListPrice",
        "PreviousValue": 538000,
        "NewValue": 525000,
        "ModificationTimestamp": "2026-11-28T09:00:00Z",
        "OpenHouseKey": None,
    },
    {
        "ChangeType": "New Listing",
        "FieldName": "StandardStatus",
        "PreviousValue": None,
        "NewValue": "Active",
        "ModificationTimestamp": "2026-11-27T17:05:00Z",
        "OpenHouseKey": None,
    },
]

_PROPERTY: dict[str, Any] = {
    "id": PROPERTY,
    "merged_ids": [],
    "listings": [{"ListingKey": "6414100192", "SourceSystemName": None, "StandardStatus": "Active"}],
    "rulings": [],
}
_RULING = {"made_at": "2026-11-29T10:12:00Z", "made_by": "cli:ada"}
_OTHER = {"ListingKey": "W-2041", "SourceSystemName": "Portal", "StandardStatus": "Active"}

ANSWERS: dict[str, Any] = {
    "read_property": _PROPERTY,
    "split_property": _PROPERTY
    | {"id": _SPLIT, "listings": [_OTHER], "rulings": [{"listing_keys": ["W-2041"], "same": False} | _RULING]},
    "merge_property": _PROPERTY
    | {
        "merged_ids": [_SPLIT],
        "listings": [*_PROPERTY["listings"], _OTHER],
        "rulings": [{"listing_keys": ["6414100192", "W-2041"], "same": True} | _RULING],
    },
    "take_listing_events": {"results": [{"ListingKey": "6414100192", "status": "accepted"}]},
    "take_entity_events": {"queued": 1, "ignored": 0, "refused": []},
    "read_listing": _STATE,
    "read_listing_history": {
        "property_id": PROPERTY,
        "other_listings": [{"ListingKey": "W-2041", "SourceSystemName": "Portal", "StandardStatus": "Active"}],
        "items": _FACTS,
        "next": None,
    },
}

NO_PROPERTY = contents_of(NotFound("Property not found"))
LAST_LISTING = contents_of(Conflict("A property cannot lose all its listings: name some of them."))
ONE_ALREADY = contents_of(Conflict("These are one property already."))
NO_LISTING = contents_of(NotFound("Listing not found"))
SEVERAL = contents_of(Conflict("Several sources have a listing with this key: name one with `source`."))

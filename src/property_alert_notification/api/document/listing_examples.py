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

ANSWERS: dict[str, Any] = {
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

NO_LISTING = contents_of(NotFound("Listing not found"))
SEVERAL = contents_of(Conflict("Several sources have a listing with this key: name one with `source`."))

"""The words of the RESO Data Dictionary 2.1 that this service understands."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any


class StandardStatus(StrEnum):
    """The status of a listing; the list is locked by RESO."""

    ACTIVE = "Active"
    ACTIVE_UNDER_CONTRACT = "Active Under Contract"
    CANCELED = "Canceled"
    CLOSED = "Closed"
    COMING_SOON = "Coming Soon"
    DELETE = "Delete"
    EXPIRED = "Expired"
    HOLD = "Hold"
    INCOMPLETE = "Incomplete"
    PENDING = "Pending"
    WITHDRAWN = "Withdrawn"


OFF_MARKET = frozenset(
    {
        StandardStatus.CANCELED,
        StandardStatus.CLOSED,
        StandardStatus.DELETE,
        StandardStatus.EXPIRED,
        StandardStatus.INCOMPLETE,
        StandardStatus.WITHDRAWN,
    }
)
"""Of listings that left the market, or are not there yet."""

NOT_TO_BE_HAD = OFF_MARKET | {StandardStatus.HOLD, StandardStatus.PENDING}
"""Of listings whose home cannot be had."""


class ChangeType(StrEnum):
    """What a change fact is. All but `Open House` are of RESO."""

    NEW_LISTING = "New Listing"
    PRICE_CHANGE = "Price Change"
    BACK_ON_MARKET = "Back On Market"
    ACTIVE = "Active"
    ACTIVE_UNDER_CONTRACT = "Active Under Contract"
    COMING_SOON = "Coming Soon"
    PENDING = "Pending"
    CLOSED = "Closed"
    CANCELED = "Canceled"
    DELETED = "Deleted"
    EXPIRED = "Expired"
    HOLD = "Hold"
    WITHDRAWN = "Withdrawn"
    OPEN_HOUSE = "Open House"


class OpenHouseStatus(StrEnum):
    """The status of an open house."""

    ACTIVE = "Active"
    CANCELED = "Canceled"
    ENDED = "Ended"


class OpenHouseType(StrEnum):
    """Who may come to an open house, and how: RESO's words, and some that feeds have besides."""

    PUBLIC = "Public"
    LIVESTREAM_PUBLIC = "Livestream Public"
    PUBLIC_EITHER_WAY = "In Person And Livestream Public"
    BROKER = "Broker"
    LIVESTREAM_BROKER = "Livestream Broker"
    OFFICE = "Office"
    PRIVATE = "Private"


PUBLIC_OPEN_HOUSES = frozenset(
    {None, OpenHouseType.PUBLIC, OpenHouseType.LIVESTREAM_PUBLIC, OpenHouseType.PUBLIC_EITHER_WAY}
)
"""Types of open houses that everybody may come to. One that names no type is public."""


PROPERTY_TYPES = (
    "Residential",
    "Residential Lease",
    "Residential Income",
    "Land",
    "Farm",
    "Manufactured In Park",
    "Commercial Sale",
    "Commercial Lease",
    "Business Opportunity",
    "Commercial Real Estate",
)

LEASES = frozenset({"Residential Lease", "Commercial Lease"})
"""Of homes that are let, and not sold."""

AREA_UNITS = ("Acres", "Hectares", "Square Feet", "Square Meters", "Square Miles", "Square Yards")

_NAMESPACE = re.compile(r"^[\w.]+'(?P<member>[^']*)'$")
_NOT_A_LETTER = re.compile(r"[\W_]+")


def squash(word: str) -> str:
    """What both spellings of a member have in common: `Active Under Contract` and `ActiveUnderContract`."""
    return _NOT_A_LETTER.sub("", word).lower()


def member(text: str) -> str:
    """The member of an enumeration without the namespace that OData literals have: `RESO.Status'Active'`."""
    found = _NAMESPACE.match(text)
    return found["member"] if found else text


def in_either_spelling(kind: type[StrEnum]) -> Callable[[Any], Any]:
    """A function that reads `PriceChange` and `price change` as `Price Change`, and leaves what is no member."""
    members = {squash(one): one for one in kind}
    return lambda value: members.get(squash(value), value) if isinstance(value, str) else value


def _by_spelling(words: Iterable[str], others: Mapping[str, str]) -> dict[str, str]:
    return {squash(word): word for word in words} | {squash(other): word for other, word in others.items()}


_LENGTHS: Mapping[str, tuple[str, ...]] = {
    "Square Feet": ("feet", "foot", "ft"),
    "Square Meters": ("meters", "meter", "metres", "metre", "mtrs", "mtr", "mt", "m"),
    "Square Miles": ("miles", "mile", "mi"),
    "Square Yards": ("yards", "yard", "yds", "yd"),
}
"""How feeds write the length in the name of a unit."""
_SQUARE_UNITS = {
    form.format(length): unit
    for unit, lengths in _LENGTHS.items()
    for length in lengths
    for form in ("square {}", "sq {}", "{}2", "{}²")
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOOKUPS: Mapping[str, Mapping[str, str]] = {
    "StandardStatus": _by_spelling(StandardStatus, {"Cancelled": "Canceled", "Deleted": "Delete", "Sold": "Closed"}),
    "PropertyType": _by_spelling(PROPERTY_TYPES, {}),
    "OpenHouseStatus": _by_spelling(
        OpenHouseStatus,
        {"Cancelled": "Canceled", **dict.fromkeys(("Scheduled", "Upcoming", "Confirmed", "Rescheduled"), "Active")}
        | dict.fromkeys(("Completed", "Past", "Over", "Expired", "Finished"), "Ended"),
    ),
    **dict.fromkeys(
        ("LivingAreaUnits", "LotSizeUnits", "BuildingAreaUnits"),
        _by_spelling(
            AREA_UNITS,
            _SQUARE_UNITS
            | {"sf": "Square Feet", "Acre": "Acres", "ac": "Acres", "Hectare": "Hectares", "ha": "Hectares"},
        ),
    ),
}
"""The members of the enumerations that decisions compare, by both spellings and by those of feeds."""

OPEN_HOUSE_TYPES: Mapping[str, str] = _by_spelling(
    OpenHouseType,
    dict.fromkeys(("Public Open House", "Open House", "Open To Public", "In Person", "In Person Public"), "Public")
    | dict.fromkeys(("Virtual", "Virtual Public", "Virtual Open House", "Livestream", "Online"), "Livestream Public"),
)
"""The types of open houses by the spellings of feeds."""

LOCKED = frozenset({"StandardStatus", "OpenHouseStatus"})
"""Enumerations in which any other word is a mistake; the others may have words of a feed's own."""

MULTIPLE = _names(
    """
    AccessibilityFeatures Appliances ArchitecturalStyle AssociationAmenities AssociationFeeIncludes Basement
    BodyType BuildingFeatures BusinessType CommunityFeatures ConstructionMaterials Cooling CurrentFinancing
    CurrentUse Disclosures DocumentsAvailable DoorFeatures Electric ExteriorFeatures FeedTypes Fencing
    FireplaceFeatures Flooring FoundationDetails FrontageType GreenBuildingVerificationType GreenEnergyEfficient
    GreenEnergyGeneration GreenIndoorAirQuality GreenLocation GreenSustainability GreenWaterConservation Heating
    HorseAmenities InteriorFeatures IrrigationSource LaundryFeatures Levels ListingTerms LotFeatures
    OperatingExpenseIncludes OtherEquipment OtherStructures OwnerPays ParkingFeatures PatioAndPorchFeatures
    PetsAllowed PoolFeatures Possession PossibleUse PowerProductionType PropertyCondition RentIncludes
    RoadFrontageType RoadResponsibility RoadSurfaceType Roof SecurityFeatures Sewer Skirt SpaFeatures
    SpecialListingConditions StructureType TenantPays UnitTypeType Utilities Vegetation View WaterSource
    WaterfrontFeatures WindowFeatures
    """
)
"""Fields with several values, which some feeds send as one text with commas."""

MONEY = _names(
    """
    ListPrice ListPriceLow OriginalListPrice PreviousListPrice ClosePrice AssociationFee AssociationFee2
    LeaseAmount TaxAnnualAmount TaxAssessedValue GrossIncome NetOperatingIncome LeaseAmountPerAreaUnit
    """
)

PRICES = _names("ListPrice ListPriceLow OriginalListPrice PreviousListPrice ClosePrice LeaseAmount")
"""Of these, 0 means that there is none. A fee may be 0."""

WHOLE = _names(
    """
    BathroomsFull BathroomsHalf BathroomsOneQuarter BathroomsPartial BathroomsThreeQuarter BedroomsPossible
    BedroomsTotal CumulativeDaysOnMarket DaysOnMarket FireplacesTotal MainLevelBedrooms NumberOfBuildings
    NumberOfUnitsTotal PhotosCount RoomsTotal StoriesTotal TaxYear YearBuilt YearBuiltEffective
    """
)
"""Fields with whole numbers, except for `BathroomsTotalInteger`, which has notations of its own."""

AREAS: Mapping[str, str | None] = {
    "LivingArea": "LivingAreaUnits",
    "LotSizeArea": "LotSizeUnits",
    "BuildingAreaTotal": "BuildingAreaUnits",
    "LotSizeAcres": None,
    "LotSizeSquareFeet": None,
}
"""Fields with an area, and the field with its unit; those without have the unit in their name."""

DECIMAL = _names(
    """
    BathroomsTotalDecimal CarportSpaces CoveredSpaces GarageSpaces OpenParkingSpaces ParkingTotal Stories
    """
)

SWITCHES = _names(
    """
    AssociationYN AttachedGarageYN BasementYN CarportYN CoolingYN FireplaceYN GarageYN HeatingYN HorseYN
    InternetAddressDisplayYN InternetAutomatedValuationDisplayYN InternetConsumerCommentYN
    InternetEntireListingDisplayYN NewConstructionYN OpenParkingYN PoolPrivateYN PropertyAttachedYN
    SeniorCommunityYN SpaYN ViewYN WaterfrontYN
    """
)

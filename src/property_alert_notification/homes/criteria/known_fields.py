"""The fields that a `$filter` may name, and what kind of values they have. Pure.

A name that is misspelt would match no home, and the user would wait in vain: only fields of RESO's Property resource
are known, and local ones, which have an underscore in their names.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from enum import Enum, auto

from property_alert_notification.homes.reso import words
from property_alert_notification.homes.reso.personal import is_personal


class Kind(Enum):
    """What kind of values a field has."""

    NUMBER = auto()
    WORD = auto()
    """One member of an enumeration."""
    SEVERAL = auto()
    """Several members of an enumeration."""
    TEXT = auto()
    SWITCH = auto()
    DAY = auto()
    TIME = auto()
    PLACE = auto()
    """`Coordinates`, for the functions `geo.distance` and `geo.intersects`."""
    LOCAL = auto()
    """A field of the feed's own: any."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FEATURES = "Features"
"""The name for all fields with several values together. It is none of RESO's."""

_NUMBERS = _names(
    """
    AboveGradeFinishedArea BathroomsTotalInteger BelowGradeFinishedArea CapRate ConcessionsAmount CultivatedArea
    DistanceToBusNumeric DistanceToElectricNumeric DistanceToFreewayNumeric DistanceToGasNumeric
    DistanceToPhoneServiceNumeric DistanceToPlaceofWorshipNumeric DistanceToSchoolBusNumeric DistanceToSchoolsNumeric
    DistanceToSewerNumeric DistanceToShoppingNumeric DistanceToStreetNumeric DistanceToWaterNumeric DocumentsCount
    ElectricExpense Elevation EntryLevel FoundationArea FuelExpense GrossScheduledIncome InsuranceExpense
    LandLeaseAmount Latitude LeasableArea Longitude MaintenanceExpense ManagerExpense MobileLength MobileWidth
    NumberOfFullTimeTenantsInBuilding NumberOfLots NumberOfPads NumberOfSeparateElectricMeters
    NumberOfSeparateGasMeters NumberOfSeparateWaterMeters NumberOfUnitsInCommunity NumberOfUnitsLeased
    NumberOfUnitsMoMo NumberOfUnitsVacant OperatingExpense PastureArea RangeArea StreetNumberNumeric
    TaxOtherAnnualAssessmentAmount TrashExpense VacancyAllowance VideosCount WalkScore WaterSewerExpense WoodedArea
    YearEstablished YearsCurrentOwner
    """
)
_WORDS = _names(
    """
    AboveGradeFinishedAreaSource AboveGradeFinishedAreaUnits AreaSource AssociationFee2Frequency
    AssociationFeeFrequency BuildingAreaSource BuyerFinancing CommonInterest Concessions DevelopmentStatus
    DirectionFaces Furnished LeaseAmountFrequency LeaseTerm ListingAgreement ListingService LivingAreaSource
    LotDimensionsSource LotSizeSource MajorChangeType MlsStatus OccupantType OwnershipType PropertySubType
    StreetDirPrefix StreetDirSuffix StreetSuffix TaxStatusCurrent UnitsFurnished YearBuiltSource
    """
)
_TEXTS = _names(
    """
    AssociationName AssociationName2 BuilderModel BuilderName BuildingName BusinessName BuyerOfficeKey
    BuyerOfficeName City CityRegion ContinentRegion CopyrightNotice Country CountryRegion CountyOrParish CrossStreet
    Directions ElementarySchool ElementarySchoolDistrict Exclusions HighSchool HighSchoolDistrict Inclusions
    ListAgentKey ListOfficeKey ListOfficeMlsId ListOfficeName ListingId ListingKey ListingURL LotSizeDimensions
    MLSAreaMajor MLSAreaMinor Make MapCoordinate MiddleOrJuniorSchool MiddleOrJuniorSchoolDistrict Model
    OriginatingSystemID OriginatingSystemKey OriginatingSystemName OtherParking ParcelNumber ParkName PostalCity
    PostalCode PostalCodePlus4 PropertyTimeZoneName PublicRemarks PublicSurveyRange PublicSurveySection
    PublicSurveyTownship SourceSystemID SourceSystemKey SourceSystemName StateOrProvince StateRegion
    StreetAdditionalInfo StreetName StreetNumber StreetSuffixModifier SubdivisionName SyndicationRemarks TaxBlock
    TaxBookNumber TaxLegalDescription TaxLot TaxMapNumber TaxTract Topography Township UnitNumber UniversalParcelId
    UniversalPropertyId UniversalPropertySubId UnparsedAddress VirtualTourURLBranded VirtualTourURLUnbranded
    WaterBodyName Zoning ZoningDescription currency
    """
)
_SWITCHES = _names(
    """
    AdditionalParcelsYN AdultCommunityYN ElectricOnPropertyYN FarmCreditServiceInclYN FarmLandAreaYN
    GrazingPermitsBlmYN GrazingPermitsForestServiceYN GrazingPermitsPrivateYN GreenVerificationYN
    HabitableResidenceYN HomeWarrantyYN IrrigationWaterRightsYN LandLeaseYN LeaseAssignableYN LeaseConsideredYN
    LeaseRenewalOptionYN MobileHomeRemainsYN RentControlYN SignOnPropertyYN
    """
)
_DAYS = _names(
    """
    AvailabilityDate BackOnMarketDate CancellationDate CloseDate ContingentDate ContractStatusChangeDate
    ExpirationDate LandLeaseExpirationDate LeaseExpiration ListingContractDate OffMarketDate OnMarketDate
    PurchaseContractDate WithdrawnDate
    """
)
_TIMES = _names(
    """
    BackOnMarketTimestamp DocumentsChangeTimestamp MajorChangeTimestamp ModificationTimestamp OffMarketTimestamp
    OnMarketTimestamp OriginalEntryTimestamp PendingTimestamp PhotosChangeTimestamp PriceChangeTimestamp
    StatusChangeTimestamp VideosChangeTimestamp
    """
)

ENUMERATIONS = _WORDS | words.LOOKUPS.keys() | words.MULTIPLE | {FEATURES}
"""Fields with members of enumerations, which have two spellings."""

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS, Kind.TEXT),
    **dict.fromkeys(ENUMERATIONS, Kind.WORD),
    **dict.fromkeys((*words.MULTIPLE, FEATURES), Kind.SEVERAL),
    **dict.fromkeys(_NUMBERS | words.MONEY | words.WHOLE | words.DECIMAL | words.AREAS.keys(), Kind.NUMBER),
    **dict.fromkeys(_SWITCHES | words.SWITCHES, Kind.SWITCH),
    **dict.fromkeys(_DAYS, Kind.DAY),
    **dict.fromkeys(_TIMES, Kind.TIME),
    "Coordinates": Kind.PLACE,
}


def kind_of(name: str) -> Kind:
    """What kind of values a field has.

    Raises:
        ValueError: there is no such field, or this service does not keep it.
    """
    if is_personal(name):
        raise ValueError("is personal data, which this service does not keep")
    if (kind := _KINDS.get(name)) is not None:
        return kind
    if "_" in name:
        return Kind.LOCAL
    close = get_close_matches(name, _KINDS, 1, 0.7) or [known for known in _KINDS if known.lower() == name.lower()]
    advice = f"did you mean {close[0]}?" if close else "local fields have an underscore in their names"
    raise ValueError(f"is no field of RESO's Property resource: {advice}")

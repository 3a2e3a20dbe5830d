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
    AboveGradeFinishedArea BathroomsTotalInteger BelowGradeFinishedArea BuyerAgencyCompensation
    CableTvExpense CapRate ConcessionsAmount CultivatedArea DistanceToBusNumeric DistanceToElectricNumeric
    DistanceToFreewayNumeric DistanceToGasNumeric DistanceToPlaceofWorshipNumeric
    DistanceToSchoolBusNumeric DistanceToSchoolsNumeric DistanceToSewerNumeric DistanceToShoppingNumeric
    DistanceToStreetNumeric DistanceToWaterNumeric DocumentsCount ElectricExpense Elevation EntryLevel FoundationArea
    FuelExpense FurnitureReplacementExpense GardenerExpense GrossScheduledIncome InsuranceExpense
    IrrigationWaterRightsAcres LandLeaseAmount Latitude LeasableArea LicensesExpense
    ListingKeyNumeric ListOfficeKeyNumeric Longitude MaintenanceExpense ManagerExpense
    MobileLength MobileWidth NewTaxesExpense NumberOfFullTimeEmployees NumberOfFullTimeTenantsInBuilding NumberOfLots
    NumberOfPads NumberOfPartTimeEmployees NumberOfSeparateElectricMeters NumberOfSeparateGasMeters
    NumberOfSeparateWaterMeters NumberOfUnitsInCommunity NumberOfUnitsLeased NumberOfUnitsMoMo NumberOfUnitsVacant
    OperatingExpense OtherExpense PastureArea PestControlExpense PoolExpense ProfessionalManagementExpense RangeArea
    SeatingCapacity StreetNumberNumeric SuppliesExpense TaxAnnualAmountPerLivingAreaUnit TaxAnnualAmountPerSquareFoot
    TaxOtherAnnualAssessmentAmount TrashExpense VacancyAllowance VideosCount WalkScore WaterSewerExpense WoodedArea
    WorkmansCompensationExpense YearEstablished YearsCurrentOwner
    """
)
_WORDS = _names(
    """
    AboveGradeFinishedAreaSource AboveGradeFinishedAreaUnits AreaSource AssociationFee2Frequency
    AssociationFeeFrequency BelowGradeFinishedAreaSource BelowGradeFinishedAreaUnits BuildingAreaSource
    BuyerAgencyCompensationType BuyerFinancing CommonInterest Concessions DevelopmentStatus DirectionFaces
    DistanceToBusUnits DistanceToFreewayUnits DistanceToSchoolsUnits DistanceToShoppingUnits DistanceToStreetUnits
    ElevationUnits FarmLandAreaSource FarmLandAreaUnits Furnished LandLeaseAmountFrequency LeaseAmountFrequency
    LeaseTerm ListAOR ListingAgreement ListingService LivingAreaSource LotDimensionsSource LotSizeSource
    MajorChangeType MlsStatus MobileDimUnits OccupantType OwnershipType PropertySubType StreetDirPrefix StreetDirSuffix
    StreetSuffix SubAgencyCompensationType TaxStatusCurrent UnitsFurnished YearBuiltSource
    """
)
_TEXTS = _names(
    """
    AdditionalParcelsDescription AnchorsCoTenants AssociationName AssociationName2 BuilderModel BuilderName
    BuildingName BusinessName BuyerAgentKey BuyerAgentMlsId BuyerOfficeKey BuyerOfficeMlsId BuyerOfficeName City
    CityRegion CoBuyerOfficeName CoListAgentKey CoListAgentMlsId CoListOfficeKey CoListOfficeMlsId CoListOfficeName
    ContinentRegion CopyrightNotice Country CountryRegion CountyOrParish CrossStreet currency Directions Disclaimer
    DocumentsKey DOH1 DOH2 DOH3 ElementarySchool ElementarySchoolDistrict EntryLocation Exclusions HighSchool
    HighSchoolDistrict HoursDaysOfOperationDescription Inclusions License1 License2 License3 ListAgentAOR ListAgentKey
    ListAgentMlsId ListingId ListingKey ListingURL ListingURLDescription ListOfficeAOR ListOfficeKey ListOfficeMlsId
    ListOfficeName ListTeamKey LotSizeDimensions Make MapCoordinate MiddleOrJuniorSchool MiddleOrJuniorSchoolDistrict
    MLSAreaMajor MLSAreaMinor Model OriginatingSystemID OriginatingSystemKey OriginatingSystemName OtherParking
    ParcelNumber ParkName PostalCity PostalCode PostalCodePlus4 PropertyTimeZoneName PublicRemarks PublicSurveyRange
    PublicSurveySection PublicSurveyTownship RVParkingDimensions SerialU SerialX SerialXX SourceSystemID
    SourceSystemKey SourceSystemName StateOrProvince StateRegion StreetAdditionalInfo StreetName StreetNumber
    StreetSuffixModifier SubdivisionName SyndicationRemarks TaxBlock TaxBookNumber TaxLegalDescription TaxLot
    TaxMapNumber TaxParcelLetter TaxTract Topography Township UnitNumber UniversalParcelId UniversalPropertyId
    UniversalPropertySubId UnparsedAddress VirtualTourURLBranded VirtualTourURLUnbranded WaterBodyName YearBuiltDetails
    Zoning ZoningDescription
    """
)
_SWITCHES = _names(
    """
    AdditionalParcelsYN AdultCommunityYN CropsIncludedYN DualVariableCompensationYN ElectricOnPropertyYN
    FarmCreditServiceInclYN FarmLandAreaYN GrazingPermitsBlmYN GrazingPermitsForestServiceYN GrazingPermitsPrivateYN
    GreenVerificationYN HabitableResidenceYN HomeWarrantyYN IrrigationWaterRightsYN LandLeaseYN LeaseAssignableYN
    LeaseConsideredYN LeaseRenewalOptionYN MobileHomeRemainsYN PowerProductionYN RentControlYN SignOnPropertyYN
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

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_TEXTS, Kind.TEXT),
    **dict.fromkeys(ENUMERATIONS, Kind.WORD),
    **dict.fromkeys((*words.MULTIPLE, FEATURES), Kind.SEVERAL),
    **dict.fromkeys(_NUMBERS | words.MONEY | words.WHOLE | words.DECIMAL | words.AREAS.keys(), Kind.NUMBER),
    **dict.fromkeys(_SWITCHES | words.SWITCHES, Kind.SWITCH),
    **dict.fromkeys(_DAYS, Kind.DAY),
    **dict.fromkeys(_TIMES, Kind.TIME),
    "Coordinates": Kind.PLACE,
}
"""The fields that a search may name, but for local ones."""

_OFTEN_MEANT = {
    "baths": "BathroomsTotalInteger",
    "bathrooms": "BathroomsTotalInteger",
    "bathroomstotal": "BathroomsTotalInteger",
    "beds": "BedroomsTotal",
    "bedrooms": "BedroomsTotal",
    "price": "ListPrice",
    "sqft": "LivingArea",
    "status": "StandardStatus",
    "zip": "PostalCode",
    "zipcode": "PostalCode",
} | {name.lower(): name for name in KINDS}


def kind_of(name: str) -> Kind:
    """What kind of values a field has.

    Raises:
        ValueError: there is no such field, or this service does not keep it.
    """
    if is_personal(name):
        raise ValueError("is personal data, which this service does not keep")
    if (kind := KINDS.get(name)) is not None:
        return kind
    if "_" in name:
        return Kind.LOCAL
    close = [_OFTEN_MEANT[name.lower()]] if name.lower() in _OFTEN_MEANT else get_close_matches(name, KINDS, 1, 0.7)
    advice = f"did you mean {close[0]}?" if close else "local fields have an underscore in their names"
    raise ValueError(f"is no field of RESO's Property resource: {advice}")

"""Reads the fields of RESO's Property resource by their kind alone; words.py names those that decisions need. Pure."""

from typing import Any
from zoneinfo import ZoneInfo

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.homes.reso import texts, times, words
from property_alert_notification.homes.reso.media import first_picture


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXTS = _names(
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
"""Fields with one text."""

DAYS = _names(
    """
    AvailabilityDate BackOnMarketDate CancellationDate CloseDate ContingentDate ContractStatusChangeDate
    ExpirationDate LandLeaseExpirationDate LeaseExpiration ListingContractDate OffMarketDate OnMarketDate
    PurchaseContractDate WithdrawnDate
    """
)
"""Fields with a day."""

TIMES = _names(
    """
    BackOnMarketTimestamp DocumentsChangeTimestamp MajorChangeTimestamp ModificationTimestamp OffMarketTimestamp
    OnMarketTimestamp OriginalEntryTimestamp PendingTimestamp PhotosChangeTimestamp PriceChangeTimestamp
    StatusChangeTimestamp VideosChangeTimestamp
    """
)
"""Fields with a moment."""

OTHER_NUMBERS = _names(
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
"""Fields with a number that no decision of this service needs."""

OTHER_WORDS = _names(
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
"""Enumerations with one member that no decision of this service needs."""

OTHER_SWITCHES = _names(
    """
    AdditionalParcelsYN AdultCommunityYN CropsIncludedYN DualVariableCompensationYN ElectricOnPropertyYN
    FarmCreditServiceInclYN FarmLandAreaYN GrazingPermitsBlmYN GrazingPermitsForestServiceYN GrazingPermitsPrivateYN
    GreenVerificationYN HabitableResidenceYN HomeWarrantyYN IrrigationWaterRightsYN LandLeaseYN LeaseAssignableYN
    LeaseConsideredYN LeaseRenewalOptionYN MobileHomeRemainsYN PowerProductionYN RentControlYN SignOnPropertyYN
    """
)
"""Fields with true or false that no decision of this service needs."""

_ONE_TEXT = TEXTS - {"PostalCode", "currency"}
"""The reader of places knows postal codes, and the reader of prices currencies."""
_ONE_VALUE = (
    OTHER_NUMBERS
    | OTHER_SWITCHES
    | OTHER_WORDS
    | words.WHOLE
    | words.DECIMAL
    | words.SWITCHES
    | words.MONEY
    | set(words.AREAS)
) - {"PropertySubType"}
_OTHER_TIMES = TIMES - {"ModificationTimestamp"}


def read_by_kind(kept: dict[str, Any], zone: ZoneInfo | None) -> None:
    """Understand the texts, days, times and other single values of a record.

    Raises:
        InvalidField: one is of another kind.
    """
    name = ""
    try:
        # Nearly all texts are kept as they are.
        others = [name for name, value in kept.items() if value.__class__ is not str]
        for name in _ONE_TEXT.intersection(others):
            kept[name] = texts.text_of(kept[name])
        for name in _ONE_VALUE.intersection(others):
            kept[name] = _value_of(kept[name])
        for name in kept.keys() & DAYS:
            kept[name] = times.kept_day(kept[name])
        for name in kept.keys() & _OTHER_TIMES:
            kept[name] = times.kept_moment(kept[name], zone)
        name = "Media"
        if name in kept:
            kept[name] = first_picture(kept[name])
    except ValueError as fault:
        raise InvalidField(name, str(fault)) from None


def _value_of(value: Any) -> Any:
    """The value in a list. A list of several is kept, as a feed may have several words where RESO has one."""
    if not isinstance(value, dict | list):
        return value
    if isinstance(value, dict) or any(isinstance(one, dict | list) for one in value):
        raise ValueError("must be one value")
    found = [one for one in value if one is not None]
    return found[0] if len(found) == 1 else found or None

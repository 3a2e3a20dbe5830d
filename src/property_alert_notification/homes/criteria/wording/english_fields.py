"""The names of fields in English, where they are not those of RESO with spaces."""

from collections.abc import Mapping
from types import MappingProxyType

from property_alert_notification.homes.criteria.wording.form import Bounds, Frame, Noun, labels_in

_YEARS = Bounds("in {} or later", "in {} or earlier", "from {} to {}", "after {}", "before {}", "in {}")
_LOT = Frame("a lot of {}")

FRAMES: Mapping[str, Frame] = MappingProxyType({
    "BuildingAreaTotal": Frame("a building of {}"),
    "LeaseAmount": Frame("rent {}"),
    "ListPrice": Frame("{}"),
    "LivingArea": Frame("{}"),
    "LotSizeAcres": _LOT,
    "LotSizeArea": _LOT,
    "LotSizeSquareFeet": _LOT,
    "PropertySubType": Frame("{}"),
    "PropertyType": Frame("{}"),
    "StandardStatus": Frame("{}"),
    "YearBuilt": Frame("built {}", _YEARS, "from {}"),
})  # fmt: skip

NOUNS: Mapping[str, Noun] = MappingProxyType({
    "BathroomsFull": Noun("full bathroom", "full bathrooms"),
    "BathroomsHalf": Noun("half bathroom", "half bathrooms"),
    "BathroomsOneQuarter": Noun("quarter bathroom", "quarter bathrooms"),
    "BathroomsPartial": Noun("partial bathroom", "partial bathrooms"),
    "BathroomsThreeQuarter": Noun("three-quarter bathroom", "three-quarter bathrooms"),
    "BathroomsTotalDecimal": Noun("bathroom", "bathrooms"),
    "BathroomsTotalInteger": Noun("bathroom", "bathrooms"),
    "BedroomsPossible": Noun("possible bedroom", "possible bedrooms"),
    "BedroomsTotal": Noun("bedroom", "bedrooms"),
    "CarportSpaces": Noun("carport space", "carport spaces"),
    "CoveredSpaces": Noun("covered parking space", "covered parking spaces"),
    "CumulativeDaysOnMarket": Noun("day on the market in total", "days on the market in total"),
    "DaysOnMarket": Noun("day on the market", "days on the market"),
    "DocumentsCount": Noun("document", "documents"),
    "FireplacesTotal": Noun("fireplace", "fireplaces"),
    "GarageSpaces": Noun("garage space", "garage spaces"),
    "IrrigationWaterRightsAcres": Noun("acre with irrigation rights", "acres with irrigation rights"),
    "MainLevelBedrooms": Noun("bedroom on the main level", "bedrooms on the main level"),
    "NumberOfBuildings": Noun("building", "buildings"),
    "NumberOfFullTimeEmployees": Noun("full-time employee", "full-time employees"),
    "NumberOfFullTimeTenantsInBuilding": Noun("full-time tenant", "full-time tenants"),
    "NumberOfLots": Noun("lot", "lots"),
    "NumberOfPads": Noun("pad", "pads"),
    "NumberOfPartTimeEmployees": Noun("part-time employee", "part-time employees"),
    "NumberOfSeparateElectricMeters": Noun("separate electric meter", "separate electric meters"),
    "NumberOfSeparateGasMeters": Noun("separate gas meter", "separate gas meters"),
    "NumberOfSeparateWaterMeters": Noun("separate water meter", "separate water meters"),
    "NumberOfUnitsInCommunity": Noun("unit in the community", "units in the community"),
    "NumberOfUnitsLeased": Noun("leased unit", "leased units"),
    "NumberOfUnitsMoMo": Noun("unit rented month to month", "units rented month to month"),
    "NumberOfUnitsTotal": Noun("unit", "units"),
    "NumberOfUnitsVacant": Noun("vacant unit", "vacant units"),
    "OpenParkingSpaces": Noun("open parking space", "open parking spaces"),
    "ParkingTotal": Noun("parking space", "parking spaces"),
    "PhotosCount": Noun("photo", "photos"),
    "RoomsTotal": Noun("room", "rooms"),
    "SeatingCapacity": Noun("seat", "seats"),
    "Stories": Noun("story", "stories"),
    "StoriesTotal": Noun("story in the building", "stories in the building"),
    "VideosCount": Noun("video", "videos"),
    "YearsCurrentOwner": Noun("year with the current owner", "years with the current owner"),
})  # fmt: skip

LABELS: Mapping[str, str] = labels_in(
    """
    AboveGradeFinishedArea: finished area above grade;
    AboveGradeFinishedAreaSource: source of the finished area above grade;
    AboveGradeFinishedAreaUnits: units of the finished area above grade;
    AdditionalParcelsDescription: description of additional parcels; AnchorsCoTenants: anchor tenants;
    AreaSource: source of the area; AssociationFee2: second association fee;
    AssociationFee2Frequency: second association fee frequency; AssociationFeeIncludes: the association fee includes;
    AssociationName: association; AssociationName2: second association; AssociationYN: homeowners association;
    AvailabilityDate: availability date; BackOnMarketDate: date back on the market;
    BackOnMarketTimestamp: time back on the market; Basement: kind of basement;
    BelowGradeFinishedArea: finished area below grade;
    BelowGradeFinishedAreaSource: source of the finished area below grade;
    BelowGradeFinishedAreaUnits: units of the finished area below grade; BuilderName: builder;
    BuildingAreaSource: source of the building area; BuildingAreaTotal: building area;
    BuildingAreaUnits: units of the building area; BuildingName: building name; BusinessName: business name;
    BuyerAgentMlsId: buyer agent MLS ID; BuyerOfficeMlsId: buyer office MLS ID; BuyerOfficeName: buyer office;
    CableTvExpense: cable TV expense; CancellationDate: date cancelled; CapRate: capitalization rate; City: city;
    CityRegion: part of the city; CloseDate: closing date; ClosePrice: sale price;
    CoBuyerOfficeName: second buyer office; CoListAgentKey: second listing agent key;
    CoListAgentMlsId: second listing agent MLS ID; CoListOfficeKey: second listing office key;
    CoListOfficeMlsId: second listing office MLS ID; CoListOfficeName: second listing office;
    ContinentRegion: part of the continent; ContingentDate: date of the contingent offer;
    ContractStatusChangeDate: date of the contract change; Cooling: kind of cooling;
    CountryRegion: part of the country; CountyOrParish: county; currency: currency; DirectionFaces: faces;
    DistanceToBusUnits: units of the distance to bus; DistanceToElectricNumeric: distance to electricity;
    DistanceToFreewayUnits: units of the distance to freeway;
    DistanceToPlaceofWorshipNumeric: distance to place of worship;
    DistanceToSchoolsUnits: units of the distance to schools;
    DistanceToShoppingUnits: units of the distance to shopping; DistanceToStreetUnits: units of the distance to street;
    DocumentsAvailable: available documents; DocumentsChangeTimestamp: last change of documents;
    DualVariableCompensationYN: variable compensation; Electric: electricity;
    ElectricOnPropertyYN: electricity on the property; ElevationUnits: units of the elevation;
    ExpirationDate: date of expiry; FarmCreditServiceInclYN: farm credit service included;
    FarmLandAreaSource: source of the farm land area; FarmLandAreaUnits: units of the farm land area;
    FarmLandAreaYN: farm land; GrazingPermitsBlmYN: grazing permits of the BLM;
    GrazingPermitsForestServiceYN: grazing permits of the Forest Service;
    GrazingPermitsPrivateYN: private grazing permits; GreenBuildingVerificationType: green building verification;
    GreenEnergyEfficient: energy efficiency; GreenEnergyGeneration: energy generation;
    GreenIndoorAirQuality: indoor air quality; GreenWaterConservation: water conservation;
    HabitableResidenceYN: habitable; Heating: kind of heating; HorseYN: horses allowed;
    HoursDaysOfOperationDescription: opening hours; InternetAddressDisplayYN: address shown on the Internet;
    InternetAutomatedValuationDisplayYN: automated valuation shown on the Internet;
    InternetConsumerCommentYN: comments allowed on the Internet;
    InternetEntireListingDisplayYN: listing shown on the Internet; LandLeaseAmount: land rent;
    LandLeaseAmountFrequency: land rent frequency; LandLeaseExpirationDate: end of the land lease; LeaseAmount: rent;
    LeaseAmountFrequency: rent frequency; LeaseAmountPerAreaUnit: rent per unit of area;
    LeaseAssignableYN: assignable lease; LeaseConsideredYN: lease possible; LeaseExpiration: end of the lease;
    LeaseRenewalOptionYN: option to renew the lease; License1: license 1; License2: license 2; License3: license 3;
    ListAgentAOR: association of the listing agent; ListAgentKey: listing agent key;
    ListAgentMlsId: listing agent MLS ID; ListAOR: association of the listing;
    ListingContractDate: date of the listing contract; ListingId: listing ID; ListingKeyNumeric: numeric listing key;
    ListingURL: address of the listing page; ListingURLDescription: kind of listing page;
    ListOfficeAOR: association of the listing office; ListOfficeKey: listing office key;
    ListOfficeKeyNumeric: numeric listing office key; ListOfficeMlsId: listing office MLS ID;
    ListOfficeName: listing office; ListPrice: price; ListPriceLow: lowest price; ListTeamKey: listing team key;
    LivingAreaSource: source of the living area; LivingAreaUnits: units of the living area;
    LotDimensionsSource: source of the lot dimensions; LotSizeAcres: lot size; LotSizeArea: lot size;
    LotSizeDimensions: lot dimensions; LotSizeSource: source of the lot size; LotSizeSquareFeet: lot size;
    LotSizeUnits: units of the lot size; MajorChangeTimestamp: last major change;
    MajorChangeType: kind of last major change; MLSAreaMajor: MLS area; MLSAreaMinor: minor MLS area;
    MlsStatus: MLS status; MobileDimUnits: units of the mobile home; MobileHomeRemainsYN: mobile home remains;
    MobileLength: length of the mobile home; MobileWidth: width of the mobile home;
    ModificationTimestamp: last changed; NewTaxesExpense: new taxes; OccupantType: occupant;
    OffMarketDate: date off the market; OffMarketTimestamp: time off the market; OnMarketDate: date on the market;
    OnMarketTimestamp: time on the market; OperatingExpenseIncludes: the operating expense includes;
    OriginalEntryTimestamp: listing entered; OriginalListPrice: original price;
    OriginatingSystemName: originating system; OwnerPays: the owner pays; ParkName: park;
    PendingTimestamp: time of pending; PhotosChangeTimestamp: last change of photos; PoolPrivateYN: private pool;
    PostalCodePlus4: postal code +4; PreviousListPrice: previous price; PriceChangeTimestamp: last change of price;
    PropertyAttachedYN: attached; PropertySubType: property subtype; PropertyTimeZoneName: time zone;
    PublicRemarks: description; PurchaseContractDate: date of the purchase contract; RangeArea: range land area;
    RentIncludes: the rent includes; SerialU: serial number; SerialX: second serial number;
    SerialXX: third serial number; SignOnPropertyYN: sign on the property; SourceSystemName: source system;
    StandardStatus: status; StateOrProvince: state; StateRegion: part of the state;
    StatusChangeTimestamp: last change of status; StreetAdditionalInfo: more on the street;
    StreetDirPrefix: direction before the street; StreetDirSuffix: direction after the street; StreetName: street;
    StructureType: structure; SubAgencyCompensationType: subagency compensation type; SubdivisionName: subdivision;
    SyndicationRemarks: description for portals; TaxAnnualAmount: annual tax;
    TaxAnnualAmountPerLivingAreaUnit: annual tax per unit of living area;
    TaxAnnualAmountPerSquareFoot: annual tax per square foot; TaxAssessedValue: assessed value;
    TaxLegalDescription: legal description; TaxOtherAnnualAssessmentAmount: other annual assessments;
    TaxStatusCurrent: tax status; TenantPays: the tenant pays; UnitsFurnished: furnished units;
    UnitTypeType: unit type; UniversalParcelId: universal parcel ID; UniversalPropertyId: universal property ID;
    UniversalPropertySubId: universal property sub-ID; UnparsedAddress: address;
    VideosChangeTimestamp: last change of videos; ViewYN: with a view; VirtualTourURLBranded: virtual tour;
    VirtualTourURLUnbranded: virtual tour without branding; WalkScore: Walk Score; WaterBodyName: body of water;
    WaterSewerExpense: water and sewer expense; WithdrawnDate: date withdrawn;
    WorkmansCompensationExpense: workers' compensation expense; YearBuiltDetails: details of the year built;
    YearBuiltEffective: effective year built; YearBuiltSource: source of the year built;
    YearEstablished: year established
"""
)

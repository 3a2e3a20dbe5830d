"""The names of fields in Spanish."""

from collections.abc import Mapping
from types import MappingProxyType

from property_alert_notification.homes.criteria.wording.form import Bounds, Frame, Noun, labels_in

_SIZES = Bounds("de {} o más", "de {} como máximo", "de {} a {}", "de más de {}", "de menos de {}", "de {}")
_YEARS = Bounds("en {} o después", "en {} o antes", "entre {} y {}", "después de {}", "antes de {}", "en {}")
_LOT = Frame("parcela {}", _SIZES)

FRAMES: Mapping[str, Frame] = MappingProxyType({
    "BuildingAreaTotal": Frame("edificio {}", _SIZES),
    "LeaseAmount": Frame("alquiler {}"),
    "ListPrice": Frame("{}"),
    "LivingArea": Frame("{}"),
    "LotSizeAcres": _LOT,
    "LotSizeArea": _LOT,
    "LotSizeSquareFeet": _LOT,
    "PropertySubType": Frame("{}"),
    "PropertyType": Frame("{}"),
    "YearBuilt": Frame("construidas {}", _YEARS, "de {}"),
})  # fmt: skip

NOUNS: Mapping[str, Noun] = MappingProxyType({
    "BathroomsFull": Noun("baño completo", "baños completos"),
    "BathroomsHalf": Noun("medio baño", "medios baños"),
    "BathroomsOneQuarter": Noun("baño de un cuarto", "baños de un cuarto"),
    "BathroomsPartial": Noun("baño parcial", "baños parciales"),
    "BathroomsThreeQuarter": Noun("baño de tres cuartos", "baños de tres cuartos"),
    "BathroomsTotalDecimal": Noun("baño", "baños"),
    "BathroomsTotalInteger": Noun("baño", "baños"),
    "BedroomsPossible": Noun("dormitorio posible", "dormitorios posibles"),
    "BedroomsTotal": Noun("dormitorio", "dormitorios"),
    "CarportSpaces": Noun("plaza de cochera abierta", "plazas de cochera abierta"),
    "CoveredSpaces": Noun("plaza de aparcamiento cubierta", "plazas de aparcamiento cubiertas"),
    "CumulativeDaysOnMarket": Noun("día en el mercado en total", "días en el mercado en total"),
    "DaysOnMarket": Noun("día en el mercado", "días en el mercado"),
    "DocumentsCount": Noun("documento", "documentos"),
    "FireplacesTotal": Noun("chimenea", "chimeneas"),
    "GarageSpaces": Noun("plaza de garaje", "plazas de garaje"),
    "IrrigationWaterRightsAcres": Noun("acre con derecho de riego", "acres con derecho de riego"),
    "MainLevelBedrooms": Noun("dormitorio en la planta principal", "dormitorios en la planta principal"),
    "NumberOfBuildings": Noun("edificio", "edificios"),
    "NumberOfFullTimeEmployees": Noun("empleado a tiempo completo", "empleados a tiempo completo"),
    "NumberOfFullTimeTenantsInBuilding": Noun("inquilino permanente", "inquilinos permanentes"),
    "NumberOfLots": Noun("lote", "lotes"),
    "NumberOfPads": Noun("solar para casa móvil", "solares para casas móviles"),
    "NumberOfPartTimeEmployees": Noun("empleado a tiempo parcial", "empleados a tiempo parcial"),
    "NumberOfSeparateElectricMeters": Noun("contador de luz separado", "contadores de luz separados"),
    "NumberOfSeparateGasMeters": Noun("contador de gas separado", "contadores de gas separados"),
    "NumberOfSeparateWaterMeters": Noun("contador de agua separado", "contadores de agua separados"),
    "NumberOfUnitsInCommunity": Noun("vivienda en la comunidad", "viviendas en la comunidad"),
    "NumberOfUnitsLeased": Noun("unidad alquilada", "unidades alquiladas"),
    "NumberOfUnitsMoMo": Noun("unidad alquilada mes a mes", "unidades alquiladas mes a mes"),
    "NumberOfUnitsTotal": Noun("unidad", "unidades"),
    "NumberOfUnitsVacant": Noun("unidad vacía", "unidades vacías"),
    "OpenParkingSpaces": Noun("plaza de aparcamiento descubierta", "plazas de aparcamiento descubiertas"),
    "ParkingTotal": Noun("plaza de aparcamiento", "plazas de aparcamiento"),
    "PhotosCount": Noun("foto", "fotos"),
    "RoomsTotal": Noun("habitación", "habitaciones"),
    "SeatingCapacity": Noun("asiento", "asientos"),
    "Stories": Noun("planta", "plantas"),
    "StoriesTotal": Noun("planta en el edificio", "plantas en el edificio"),
    "VideosCount": Noun("vídeo", "vídeos"),
    "YearsCurrentOwner": Noun("año con el propietario actual", "años con el propietario actual"),
})  # fmt: skip

LABELS: Mapping[str, str] = labels_in(
    """
    AboveGradeFinishedArea: superficie acabada sobre rasante;
    AboveGradeFinishedAreaSource: fuente de la superficie sobre rasante;
    AboveGradeFinishedAreaUnits: unidad de la superficie sobre rasante; AccessibilityFeatures: accesibilidad;
    AdditionalParcelsDescription: descripción de otras parcelas; AdditionalParcelsYN: otras parcelas;
    AdultCommunityYN: comunidad para adultos; AnchorsCoTenants: inquilinos principales; Appliances: electrodomésticos;
    ArchitecturalStyle: estilo arquitectónico; AreaSource: fuente de la superficie;
    AssociationAmenities: servicios de la comunidad; AssociationFee: cuota de la comunidad;
    AssociationFee2: segunda cuota de la comunidad;
    AssociationFee2Frequency: periodicidad de la segunda cuota de la comunidad;
    AssociationFeeFrequency: periodicidad de la cuota de la comunidad;
    AssociationFeeIncludes: la cuota de la comunidad incluye; AssociationName: nombre de la comunidad;
    AssociationName2: nombre de la segunda comunidad; AssociationYN: comunidad de propietarios;
    AttachedGarageYN: garaje adosado; AvailabilityDate: fecha de disponibilidad;
    BackOnMarketDate: fecha de vuelta al mercado; BackOnMarketTimestamp: momento de vuelta al mercado;
    Basement: tipo de sótano; BasementYN: sótano; BelowGradeFinishedArea: superficie acabada bajo rasante;
    BelowGradeFinishedAreaSource: fuente de la superficie bajo rasante;
    BelowGradeFinishedAreaUnits: unidad de la superficie bajo rasante; BodyType: tipo de casa móvil;
    BuilderModel: modelo del constructor; BuilderName: constructor;
    BuildingAreaSource: fuente de la superficie del edificio; BuildingAreaTotal: superficie del edificio;
    BuildingAreaUnits: unidad de la superficie del edificio; BuildingFeatures: características del edificio;
    BuildingName: nombre del edificio; BusinessName: nombre del negocio; BusinessType: tipo de negocio;
    BuyerAgencyCompensation: comisión del agente del comprador;
    BuyerAgencyCompensationType: tipo de comisión del agente del comprador;
    BuyerAgentKey: clave del agente del comprador; BuyerAgentMlsId: número MLS del agente del comprador;
    BuyerFinancing: financiación del comprador; BuyerOfficeKey: clave de la oficina del comprador;
    BuyerOfficeMlsId: número MLS de la oficina del comprador; BuyerOfficeName: oficina del comprador;
    CableTvExpense: gastos de televisión por cable; CancellationDate: fecha de cancelación;
    CapRate: tasa de capitalización; CarportYN: cochera abierta; City: ciudad; CityRegion: zona de la ciudad;
    CloseDate: fecha de cierre; ClosePrice: precio de venta; CoBuyerOfficeName: segunda oficina del comprador;
    CoListAgentKey: clave del segundo agente del anuncio; CoListAgentMlsId: número MLS del segundo agente del anuncio;
    CoListOfficeKey: clave de la segunda oficina del anuncio;
    CoListOfficeMlsId: número MLS de la segunda oficina del anuncio; CoListOfficeName: segunda oficina del anuncio;
    CommonInterest: tipo de copropiedad; CommunityFeatures: características de la comunidad; Concessions: concesiones;
    ConcessionsAmount: importe de las concesiones; ConstructionMaterials: materiales de construcción;
    ContinentRegion: región del continente; ContingentDate: fecha de la oferta condicionada;
    ContractStatusChangeDate: fecha de cambio del contrato; Cooling: tipo de refrigeración; CoolingYN: refrigeración;
    Coordinates: coordenadas; CopyrightNotice: aviso de derechos de autor; Country: país;
    CountryRegion: región del país; CountyOrParish: condado; CropsIncludedYN: cultivos incluidos;
    CrossStreet: calle transversal; CultivatedArea: superficie cultivada; currency: moneda;
    CurrentFinancing: financiación actual; CurrentUse: uso actual; DevelopmentStatus: estado de urbanización;
    DirectionFaces: orientación; Directions: cómo llegar; Disclaimer: aviso legal; Disclosures: declaraciones;
    DistanceToBusNumeric: distancia al autobús; DistanceToBusUnits: unidad de la distancia al autobús;
    DistanceToElectricNumeric: distancia a la electricidad; DistanceToFreewayNumeric: distancia a la autopista;
    DistanceToFreewayUnits: unidad de la distancia a la autopista; DistanceToGasNumeric: distancia al gas;
    DistanceToPlaceofWorshipNumeric: distancia a un lugar de culto;
    DistanceToSchoolBusNumeric: distancia al autobús escolar; DistanceToSchoolsNumeric: distancia a los colegios;
    DistanceToSchoolsUnits: unidad de la distancia a los colegios; DistanceToSewerNumeric: distancia al alcantarillado;
    DistanceToShoppingNumeric: distancia a las tiendas; DistanceToShoppingUnits: unidad de la distancia a las tiendas;
    DistanceToStreetNumeric: distancia a la calle; DistanceToStreetUnits: unidad de la distancia a la calle;
    DistanceToWaterNumeric: distancia al agua; DocumentsAvailable: documentos disponibles;
    DocumentsChangeTimestamp: último cambio de los documentos; DocumentsKey: clave de los documentos;
    DOH1: licencia DOH 1; DOH2: licencia DOH 2; DOH3: licencia DOH 3; DoorFeatures: puertas;
    DualVariableCompensationYN: comisión variable; Electric: electricidad; ElectricExpense: gastos de electricidad;
    ElectricOnPropertyYN: electricidad en la finca; ElementarySchool: escuela primaria;
    ElementarySchoolDistrict: distrito de la escuela primaria; Elevation: altitud;
    ElevationUnits: unidad de la altitud; EntryLevel: planta de entrada; EntryLocation: lugar de la entrada;
    Exclusions: no incluido en la venta; ExpirationDate: fecha de vencimiento; ExteriorFeatures: exterior;
    FarmCreditServiceInclYN: crédito agrícola incluido; FarmLandAreaSource: fuente de la superficie agrícola;
    FarmLandAreaUnits: unidad de la superficie agrícola; FarmLandAreaYN: superficie agrícola;
    Features: características; FeedTypes: tipos de pienso; Fencing: cercado; FireplaceFeatures: tipo de chimenea;
    FireplaceYN: chimenea; Flooring: suelos; FoundationArea: superficie de los cimientos; FoundationDetails: cimientos;
    FrontageType: frente de la parcela; FuelExpense: gastos de combustible; Furnished: amueblada;
    FurnitureReplacementExpense: gastos de reposición de muebles; GarageYN: garaje;
    GardenerExpense: gastos de jardinería; GrazingPermitsBlmYN: permisos de pastoreo del BLM;
    GrazingPermitsForestServiceYN: permisos de pastoreo del servicio forestal;
    GrazingPermitsPrivateYN: permisos de pastoreo privados; GreenBuildingVerificationType: certificación ecológica;
    GreenEnergyEfficient: eficiencia energética; GreenEnergyGeneration: generación de energía;
    GreenIndoorAirQuality: calidad del aire interior; GreenLocation: ubicación ecológica;
    GreenSustainability: sostenibilidad; GreenVerificationYN: verificación ecológica;
    GreenWaterConservation: ahorro de agua; GrossIncome: ingresos brutos;
    GrossScheduledIncome: ingresos brutos previstos; HabitableResidenceYN: habitable; Heating: tipo de calefacción;
    HeatingYN: calefacción; HighSchool: instituto; HighSchoolDistrict: distrito del instituto;
    HomeWarrantyYN: garantía de la vivienda; HorseAmenities: instalaciones para caballos; HorseYN: caballos permitidos;
    HoursDaysOfOperationDescription: horario; Inclusions: incluido en la venta; InsuranceExpense: gastos de seguro;
    InteriorFeatures: interior; InternetAddressDisplayYN: dirección visible en internet;
    InternetAutomatedValuationDisplayYN: tasación automática visible en internet;
    InternetConsumerCommentYN: comentarios permitidos en internet;
    InternetEntireListingDisplayYN: anuncio visible en internet; IrrigationSource: origen del riego;
    IrrigationWaterRightsYN: derechos de riego; LandLeaseAmount: alquiler del terreno;
    LandLeaseAmountFrequency: periodicidad del alquiler del terreno;
    LandLeaseExpirationDate: fin del alquiler del terreno; LandLeaseYN: terreno en alquiler; Latitude: latitud;
    LaundryFeatures: lavandería; LeasableArea: superficie alquilable; LeaseAmount: alquiler;
    LeaseAmountFrequency: periodicidad del alquiler; LeaseAmountPerAreaUnit: alquiler por unidad de superficie;
    LeaseAssignableYN: alquiler transferible; LeaseConsideredYN: alquiler posible; LeaseExpiration: fin del alquiler;
    LeaseRenewalOptionYN: opción de renovar el alquiler; LeaseTerm: duración del alquiler; Levels: niveles;
    License1: licencia 1; License2: licencia 2; License3: licencia 3; LicensesExpense: gastos de licencias;
    ListAgentAOR: asociación del agente del anuncio; ListAgentKey: clave del agente del anuncio;
    ListAgentMlsId: número MLS del agente del anuncio; ListAOR: asociación del anuncio;
    ListingAgreement: tipo de encargo; ListingContractDate: fecha del encargo; ListingId: número del anuncio;
    ListingKey: clave del anuncio; ListingKeyNumeric: clave numérica del anuncio; ListingService: servicio del anuncio;
    ListingTerms: condiciones de pago; ListingURL: página del anuncio;
    ListingURLDescription: tipo de página del anuncio; ListOfficeAOR: asociación de la oficina del anuncio;
    ListOfficeKey: clave de la oficina del anuncio; ListOfficeKeyNumeric: clave numérica de la oficina del anuncio;
    ListOfficeMlsId: número MLS de la oficina del anuncio; ListOfficeName: oficina del anuncio; ListPrice: precio;
    ListPriceLow: precio mínimo; ListTeamKey: clave del equipo del anuncio; LivingArea: superficie habitable;
    LivingAreaSource: fuente de la superficie habitable; LivingAreaUnits: unidad de la superficie habitable;
    Longitude: longitud; LotDimensionsSource: fuente de las dimensiones de la parcela;
    LotFeatures: características de la parcela; LotSizeAcres: superficie de la parcela;
    LotSizeArea: superficie de la parcela; LotSizeDimensions: dimensiones de la parcela;
    LotSizeSource: fuente de la superficie de la parcela; LotSizeSquareFeet: superficie de la parcela;
    LotSizeUnits: unidad de la superficie de la parcela; MaintenanceExpense: gastos de mantenimiento;
    MajorChangeTimestamp: último cambio importante; MajorChangeType: tipo del último cambio; Make: marca;
    ManagerExpense: gastos de gerencia; MapCoordinate: coordenada del mapa; MiddleOrJuniorSchool: escuela secundaria;
    MiddleOrJuniorSchoolDistrict: distrito de la escuela secundaria; MLSAreaMajor: zona MLS; MLSAreaMinor: subzona MLS;
    MlsStatus: estado en el MLS; MobileDimUnits: unidad de la casa móvil; MobileHomeRemainsYN: la casa móvil se queda;
    MobileLength: largo de la casa móvil; MobileWidth: ancho de la casa móvil; Model: modelo;
    ModificationTimestamp: última modificación; NetOperatingIncome: ingresos netos de explotación;
    NewConstructionYN: obra nueva; NewTaxesExpense: impuestos nuevos; OccupantType: ocupante;
    OffMarketDate: fecha de retirada del mercado; OffMarketTimestamp: momento de retirada del mercado;
    OnMarketDate: fecha de salida al mercado; OnMarketTimestamp: momento de salida al mercado;
    OpenHouseStatus: estado de las puertas abiertas; OpenParkingYN: aparcamiento descubierto;
    OperatingExpense: gastos de explotación; OperatingExpenseIncludes: los gastos de explotación incluyen;
    OriginalEntryTimestamp: alta del anuncio; OriginalListPrice: precio inicial;
    OriginatingSystemID: código del sistema de origen; OriginatingSystemKey: clave del sistema de origen;
    OriginatingSystemName: sistema de origen; OtherEquipment: otro equipamiento; OtherExpense: otros gastos;
    OtherParking: otro aparcamiento; OtherStructures: otras construcciones; OwnerPays: el propietario paga;
    OwnershipType: tipo de propiedad; ParcelNumber: número de parcela; ParkingFeatures: aparcamiento;
    ParkName: nombre del parque; PastureArea: superficie de pasto; PatioAndPorchFeatures: patio y porche;
    PendingTimestamp: momento de venta pendiente; PestControlExpense: gastos de control de plagas;
    PetsAllowed: mascotas permitidas; PhotosChangeTimestamp: último cambio de las fotos;
    PoolExpense: gastos de piscina; PoolFeatures: tipo de piscina; PoolPrivateYN: piscina privada; Possession: entrega;
    PossibleUse: uso posible; PostalCity: ciudad postal; PostalCode: código postal; PostalCodePlus4: código postal +4;
    PowerProductionType: tipo de producción de energía; PowerProductionYN: producción de energía;
    PreviousListPrice: precio anterior; PriceChangeTimestamp: último cambio de precio;
    ProfessionalManagementExpense: gastos de administración; PropertyAttachedYN: adosada;
    PropertyCondition: estado de la vivienda; PropertySubType: subtipo; PropertyTimeZoneName: zona horaria;
    PropertyType: tipo; PublicRemarks: descripción; PublicSurveyRange: franja catastral;
    PublicSurveySection: sección catastral; PublicSurveyTownship: municipio catastral;
    PurchaseContractDate: fecha del contrato de compra; RangeArea: superficie de pastoreo;
    RentControlYN: alquiler regulado; RentIncludes: el alquiler incluye; RoadFrontageType: tipo de vía de acceso;
    RoadResponsibility: responsable de la vía de acceso; RoadSurfaceType: firme de la vía de acceso; Roof: tejado;
    RVParkingDimensions: dimensiones de la plaza para caravana; SecurityFeatures: seguridad;
    SeniorCommunityYN: comunidad para mayores; SerialU: número de serie; SerialX: segundo número de serie;
    SerialXX: tercer número de serie; Sewer: alcantarillado; SignOnPropertyYN: cartel en la finca; Skirt: faldón;
    SourceSystemID: código del sistema que lo envía; SourceSystemKey: clave del sistema que lo envía;
    SourceSystemName: sistema que lo envía; SpaFeatures: tipo de jacuzzi; SpaYN: jacuzzi;
    SpecialListingConditions: condiciones especiales; StandardStatus: estado; StateOrProvince: estado o provincia;
    StateRegion: región del estado; StatusChangeTimestamp: último cambio de estado;
    StreetAdditionalInfo: otros datos de la calle; StreetDirPrefix: orientación antes de la calle;
    StreetDirSuffix: orientación después de la calle; StreetName: calle; StreetNumber: número de la calle;
    StreetNumberNumeric: número de la calle; StreetSuffix: tipo de calle;
    StreetSuffixModifier: añadido al tipo de calle; StructureType: tipo de construcción;
    SubAgencyCompensationType: tipo de comisión del subagente; SubdivisionName: urbanización;
    SuppliesExpense: gastos de suministros; SyndicationRemarks: descripción para portales;
    TaxAnnualAmount: impuesto anual; TaxAnnualAmountPerLivingAreaUnit: impuesto anual por unidad de superficie;
    TaxAnnualAmountPerSquareFoot: impuesto anual por pie cuadrado; TaxAssessedValue: valor catastral;
    TaxBlock: manzana catastral; TaxBookNumber: libro catastral; TaxLegalDescription: descripción catastral;
    TaxLot: lote catastral; TaxMapNumber: mapa catastral; TaxOtherAnnualAssessmentAmount: otras tasas anuales;
    TaxParcelLetter: letra de la parcela catastral; TaxStatusCurrent: situación fiscal; TaxTract: tramo catastral;
    TaxYear: año fiscal; TenantPays: el inquilino paga; Topography: topografía; Township: municipio;
    TrashExpense: gastos de basura; UnitNumber: número de la unidad; UnitsFurnished: unidades amuebladas;
    UnitTypeType: tipo de unidad; UniversalParcelId: código universal de la parcela;
    UniversalPropertyId: código universal de la propiedad; UniversalPropertySubId: subcódigo universal de la propiedad;
    UnparsedAddress: dirección; Utilities: suministros; VacancyAllowance: margen de desocupación;
    Vegetation: vegetación; VideosChangeTimestamp: último cambio de los vídeos; View: vistas; ViewYN: con vistas;
    VirtualTourURLBranded: visita virtual; VirtualTourURLUnbranded: visita virtual sin marca;
    WalkScore: facilidad para caminar (Walk Score); WaterBodyName: nombre del lago, río o mar;
    WaterfrontFeatures: tipo de orilla; WaterfrontYN: frente al agua;
    WaterSewerExpense: gastos de agua y alcantarillado; WaterSource: origen del agua; WindowFeatures: ventanas;
    WithdrawnDate: fecha de retirada; WoodedArea: superficie arbolada;
    WorkmansCompensationExpense: gastos de seguro laboral; YearBuilt: año de construcción;
    YearBuiltDetails: detalles del año de construcción; YearBuiltEffective: año de la última reforma;
    YearBuiltSource: fuente del año de construcción; YearEstablished: año de fundación;
    Zoning: calificación urbanística; ZoningDescription: descripción de la calificación urbanística
"""
)

"""The words in which conditions are shown to users: one `Wording` for a language. Pure.

A new language is one more `Wording` in `_WORDINGS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from property_alert_notification.base.languages import primary


@dataclass(frozen=True, slots=True)
class Wording:
    """A language; braces stand for what is filled in."""

    homes: str
    all_homes: str
    either: str
    """Stands between the last two of several."""
    others: str
    """Stands for the words of a long list that are left out."""
    further: str
    """Stands for the conditions of a long search that are left out."""
    place: str
    not_place: str
    drawn: str
    not_drawn: str
    near: str
    not_near: str
    having: str
    lacking: str
    keyword: str
    is_not: str
    at_least: str
    at_most: str
    between: str
    exactly: str
    more_than: str
    less_than: str
    labelled: str
    stated: str
    not_stated: str
    text: Mapping[str, str]
    """By the kinds of `Text`."""
    yes: str
    no: str
    ranges: Mapping[str, tuple[str, str, str]]
    """By field: at least, at most, between."""
    exact: Mapping[str, tuple[str, str]]
    """By field: exactly one, and exactly another number."""
    price: tuple[str, str, str]
    units: Mapping[str, str]
    members: Mapping[str, str]
    """Members of enumerations; others are shown as they are."""
    fits: str
    fits_not: str
    with_value: str
    """The verdict and what the home has."""
    unknown: str
    not_comparable: str
    away: str
    group: str
    point: str
    money: str
    """The currency and the amount."""


_UNITS = {"Square Feet": "sq ft", "Square Meters": "m²", "Square Yards": "sq yd", "Square Miles": "sq mi"}

_ENGLISH = Wording(
    homes="Homes",
    all_homes="All homes",
    either=" or ",
    others="{} more",
    further="and {} more",
    place="in {}",
    not_place="not in {}",
    drawn="in the area on the map",
    not_drawn="not in an area on the map",
    near="within {} of a point on the map",
    not_near="not within {} of a point on the map",
    having="with {}",
    lacking="without {}",
    keyword="“{}”",
    is_not="not {}",
    at_least="{} {} or more",
    at_most="{} up to {}",
    between="{} {} to {}",
    exactly="{} {}",
    more_than="{} more than {}",
    less_than="{} less than {}",
    labelled="{}: {}",
    stated="{} stated",
    not_stated="{} not stated",
    text=MappingProxyType({
        "contains": "{} contains “{}”",
        "startswith": "{} begins with “{}”",
        "endswith": "{} ends with “{}”",
        "equals": "{} “{}”",
    }),
    yes="yes",
    no="no",
    ranges=MappingProxyType({
        "BedroomsTotal": ("{} or more bedrooms", "at most {} bedrooms", "{} to {} bedrooms"),
        "BathroomsTotalInteger": ("{} or more bathrooms", "at most {} bathrooms", "{} to {} bathrooms"),
        "LivingArea": ("{} or more", "at most {}", "{} to {}"),
        "LotSizeArea": ("a lot of {} or more", "a lot of at most {}", "a lot of {} to {}"),
        "YearBuilt": ("built in {} or later", "built in {} or earlier", "built from {} to {}"),
    }),
    exact=MappingProxyType({
        "BedroomsTotal": ("1 bedroom", "{} bedrooms"),
        "BathroomsTotalInteger": ("1 bathroom", "{} bathrooms"),
        "YearBuilt": ("built in {}", "built in {}"),
    }),
    price=("from {}", "up to {}", "{} to {}"),
    units=MappingProxyType({**_UNITS, "Acres": "acres", "Hectares": "hectares"}),
    members=MappingProxyType({}),
    fits="yes",
    fits_not="no",
    with_value="{}, it has {}",
    unknown="the listing does not say",
    not_comparable="it has {}, which cannot be compared",
    away="{}, it is {} away",
    group=",",
    point=".",
    money="{0}{1}",
)  # fmt: skip

_SPANISH = Wording(
    homes="Viviendas",
    all_homes="Todas las viviendas",
    either=" o ",
    others="{} más",
    further="y {} más",
    place="en {}",
    not_place="no en {}",
    drawn="en la zona del mapa",
    not_drawn="fuera de una zona del mapa",
    near="a menos de {} de un punto del mapa",
    not_near="a más de {} de un punto del mapa",
    having="con {}",
    lacking="sin {}",
    keyword="«{}»",
    is_not="no {}",
    at_least="{} {} o más",
    at_most="{} hasta {}",
    between="{} de {} a {}",
    exactly="{} {}",
    more_than="{} más de {}",
    less_than="{} menos de {}",
    labelled="{}: {}",
    stated="{} indicado",
    not_stated="{} sin indicar",
    text=MappingProxyType({
        "contains": "{} contiene «{}»",
        "startswith": "{} empieza por «{}»",
        "endswith": "{} termina en «{}»",
        "equals": "{} «{}»",
    }),
    yes="sí",
    no="no",
    ranges=MappingProxyType({
        "BedroomsTotal": ("{} o más dormitorios", "como máximo {} dormitorios", "de {} a {} dormitorios"),
        "BathroomsTotalInteger": ("{} o más baños", "como máximo {} baños", "de {} a {} baños"),
        "LivingArea": ("{} o más", "como máximo {}", "de {} a {}"),
        "LotSizeArea": ("parcela de {} o más", "parcela de como máximo {}", "parcela de {} a {}"),
        "YearBuilt": ("de {} o después", "de {} o antes", "de {} a {}"),
    }),
    exact=MappingProxyType({
        "BedroomsTotal": ("1 dormitorio", "{} dormitorios"),
        "BathroomsTotalInteger": ("1 baño", "{} baños"),
        "YearBuilt": ("de {}", "de {}"),
    }),
    price=("desde {}", "hasta {}", "de {} a {}"),
    units=MappingProxyType({
        "Square Feet": "pies²", "Square Meters": "m²", "Square Yards": "yardas²", "Square Miles": "millas²",
        "Acres": "acres", "Hectares": "hectáreas",
    }),
    members=MappingProxyType({
        "Active": "activas",
        "Active Under Contract": "activas con contrato",
        "Canceled": "canceladas",
        "Closed": "vendidas",
        "Coming Soon": "próximamente",
        "Expired": "vencidas",
        "Hold": "en espera",
        "Incomplete": "incompletas",
        "Pending": "pendientes",
        "Withdrawn": "retiradas",
        "Residential": "residencial",
        "Residential Lease": "alquiler residencial",
        "Residential Income": "residencial de renta",
        "Land": "terreno",
        "Farm": "finca",
        "Manufactured In Park": "prefabricada en parque",
        "Commercial Sale": "venta comercial",
        "Commercial Lease": "alquiler comercial",
        "Business Opportunity": "negocio",
        "Commercial Real Estate": "inmueble comercial",
        "Single Family Residence": "casa unifamiliar",
        "Condominium": "condominio",
        "Townhouse": "casa adosada",
        "Apartment": "apartamento",
    }),
    fits="sí",
    fits_not="no",
    with_value="{}, tiene {}",
    unknown="el anuncio no lo indica",
    not_comparable="tiene {}, que no se puede comparar",
    away="{}, está a {}",
    group=".",
    point=",",
    money="{1}\N{NO-BREAK SPACE}{0}",
)  # fmt: skip

_AMERICAN_SPANISH = replace(_SPANISH, group=",", point=".", money="{0}{1}")
_WITH_COMMAS = frozenset({"419", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"})
"""The regions in which Spanish numbers are written as 650,000.50 (CLDR)."""

_WORDINGS: Mapping[str, Wording] = {"en": _ENGLISH, "es": _SPANISH}


def wording_of(language: str | None) -> Wording:
    """The words for a user with this BCP 47 tag: English if theirs are not known."""
    found = _WORDINGS.get(primary(language or ""), _ENGLISH)
    if found is _SPANISH and _WITH_COMMAS & set((language or "").upper().split("-")):
        return _AMERICAN_SPANISH
    return found

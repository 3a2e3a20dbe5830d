"""The words of alerts in English and Spanish, for homes that are sold and for those that are let. Pure."""

from collections.abc import Mapping

from property_alert_notification.base.languages import in_language
from property_alert_notification.homes.alerts.news import IN_RANGE

_EN = {
    "New Listing": "New listing",
    "Back On Market": "Back on the market",
    "Price Change": "New price",
    IN_RANGE: "Now matches your search",
    "Open House": "Open house",
    "Active": "Now active",
    "Active Under Contract": "Now under contract",
    "Coming Soon": "Coming soon",
    "Pending": "Now pending",
    "Closed": "Sold",
    "Canceled": "Listing cancelled",
    "Deleted": "Listing removed",
    "Expired": "Listing expired",
    "Hold": "Listing on hold",
    "Withdrawn": "Listing withdrawn",
    "Delete": "Listing removed",
    "Incomplete": "Listing incomplete",
    "home": "A home in {city}",
    "some_home": "A home",
    "price": "Price: {price}",
    "status": "Status: {status}",
    "price_was": "Price changed from {before} to {after}",
    "status_was": "{headline} (it was {before})",
    "open_house_new": "Open house on {after}",
    "open_house_moved": "Open house moved from {before} to {after}",
    "open_house_off": "Open house on {before} is cancelled",
    "in_range": "It did not match before, and does now",
    "now_is": "{name}: {after} (it was {before})",
    "says_now": "{name}: {after} (the listing did not say before)",
    "says_no_more": "{name}: the listing does not say any more (it was {before})",
    "searches": "It matches your saved searches:",
    "search": "Your saved search:",
    "more": "and {count} more",
    "to": "{day}, {start} to {end}",
    "at": "{day}, {start}",
    "am": "AM",
    "pm": "PM",
    "online": "online",
    "by_appointment": "by appointment",
}
_ES = {
    "New Listing": "Nueva propiedad",
    "Back On Market": "De nuevo a la venta",
    "Price Change": "Nuevo precio",
    IN_RANGE: "Ahora coincide con su búsqueda",
    "Open House": "Jornada de puertas abiertas",
    "Active": "Ahora disponible",
    "Active Under Contract": "Ahora bajo contrato",
    "Coming Soon": "Próximamente",
    "Pending": "Venta pendiente",
    "Closed": "Vendida",
    "Canceled": "Anuncio cancelado",
    "Deleted": "Anuncio retirado",
    "Expired": "Anuncio vencido",
    "Hold": "Anuncio en pausa",
    "Withdrawn": "Anuncio retirado",
    "Delete": "Anuncio retirado",
    "Incomplete": "Anuncio incompleto",
    "home": "Una vivienda en {city}",
    "some_home": "Una vivienda",
    "price": "Precio: {price}",
    "status": "Estado: {status}",
    "price_was": "El precio cambió de {before} a {after}",
    "status_was": "{headline} (antes: {before})",
    "open_house_new": "Puertas abiertas el {after}",
    "open_house_moved": "Puertas abiertas: del {before} pasa al {after}",
    "open_house_off": "Se canceló la jornada de puertas abiertas del {before}",
    "in_range": "Antes no coincidía y ahora sí",
    "now_is": "{name}: {after} (antes: {before})",
    "says_now": "{name}: {after} (antes el anuncio no lo indicaba)",
    "says_no_more": "{name}: el anuncio ya no lo indica (antes: {before})",
    "searches": "Coincide con sus búsquedas guardadas:",
    "search": "Su búsqueda guardada:",
    "more": "y {count} más",
    "to": "{day}, de {start} a {end}",
    "at": "{day}, {start}",
    "online": "en línea",
    "by_appointment": "con cita previa",
    "was Active": "disponible",
    "was Active Under Contract": "bajo contrato",
    "was Coming Soon": "próximamente",
    "was Pending": "venta pendiente",
    "was Closed": "vendida",
    "was Canceled": "cancelado",
    "was Expired": "vencido",
    "was Hold": "en pausa",
    "was Withdrawn": "retirado",
    "was Delete": "retirado",
    "was Incomplete": "incompleto",
}
_EN_TO_LET: Mapping[str, str] = _EN | {"Closed": "Rented"}
_ES_TO_LET: Mapping[str, str] = _ES | {
    "Back On Market": "De nuevo en alquiler",
    "Pending": "Alquiler pendiente",
    "Closed": "Alquilada",
    "was Pending": "alquiler pendiente",
    "was Closed": "alquilada",
}
_TO_SELL, _TO_LET = {"en": _EN, "es": _ES}, {"en": _EN_TO_LET, "es": _ES_TO_LET}


def words_in(language: str, *, is_to_let: bool) -> Mapping[str, str]:
    """The words of alerts in a language about homes that are let, or sold."""
    return in_language(_TO_LET if is_to_let else _TO_SELL, language)


def status_in(words: Mapping[str, str], status: str) -> str:
    """A status within a sentence; in English it is RESO's word."""
    return words.get(f"was {status}", status)

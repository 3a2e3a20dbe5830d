"""The sentences of reasons in Spanish, by their codes. Pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_LISTED = "lo impide la lista de exclusión"
_LOST = "su proceso se detuvo antes de comunicar el resultado"
_BROKEN_ROW = "no se puede procesar su registro ({what})"

SENTENCES: Mapping[str, str] = MappingProxyType({
    "suppressed_complaint": f"{_LISTED}: el usuario denunció un mensaje como no deseado",
    "suppressed_stop": f"{_LISTED}: el usuario se dio de baja por SMS",
    "suppressed_hard_bounce": f"{_LISTED}: la dirección no existe",
    "suppressed_manual": f"{_LISTED}: la entrada la añadió un operador o un sistema",
    "suppressed_imported": f"{_LISTED}: la entrada fue importada",
    "suppressed_soft_bounce": f"{_LISTED}: la dirección no aceptó mensajes durante un tiempo",
    "suppressed_unsubscribe": f"{_LISTED}: el usuario canceló la suscripción",
    "user_opted_in": "el usuario quiere recibir mensajes por {channel}",
    "user_opted_out": "el usuario no quiere recibir mensajes por {channel}",
    "no_preferences": (
        "el usuario no tiene preferencias: nunca se guardaron, o se borraron, lo que retira todo consentimiento"
    ),
    "preferences_unreadable": (
        "no se pueden leer las horas de descanso y las frecuencias del usuario; guarde de nuevo sus preferencias"
    ),
    "category_required": "{category} es obligatoria: se envía a todo usuario que tiene activado {channel}",
    "category_wanted": "el usuario quiere recibir {category} por {channel}",
    "category_refused": "el usuario no quiere recibir {category} por {channel}",
    "category_not_asked_for": (
        "{category} está desactivada por defecto por {channel}, y el usuario no ha elegido una frecuencia"
    ),
    "opt_in_unconfirmed": "el usuario no ha confirmado que quiere recibir {category} por {channel}",
    "channel_not_used": "aquí no se usa {channel} ({setting}=none)",
    "no_address": "el servicio de usuarios no tiene ninguna dirección del usuario para {channel}",
    "no_such_user": "el servicio de usuarios no conoce a este usuario",
    "user_service_away": "espera al servicio de usuarios, que todavía no ha dado las direcciones del usuario",
    "collected": "el usuario lo recibe {frequency} por {channel}: su resumen se hace el {closes_at}",
    "collected_for_search": "la búsqueda guardada no avisa al momento: su resumen se hace el {closes_at}",
    "over_cap": (
        "se alcanzó el límite del usuario de mensajes por {channel} ({period}): {counted} de {most}, entre enviados y "
        "por enviar"
    ),
    "in_digest": "forma parte del resumen {digest}",
    "window_broken": (
        "no se puede procesar el registro del resumen que lo recogía ({what}), así que se decide de nuevo"
    ),
    "listing_gone": "la vivienda salió del mercado, o ya no se puede mostrar",
    "price_changed_since": "el precio de la vivienda ha cambiado desde entonces, y lo dice un aviso más reciente",
    "newer_alert": "en su lugar, o antes, se envió un aviso más reciente sobre la misma vivienda",
    "open_house_over": "la jornada de puertas abiertas ha pasado, o se movió o se canceló desde entonces",
    "no_longer_matches": "la vivienda ya no coincide con las búsquedas por las que se iba a enviar",
    "no_longer_asked_for": "la búsqueda se editó, y ya no pide este tipo de cambio o este canal",
    "changed_back": "la vivienda vuelve a tener el precio que tenía antes, o vuelve a estar disponible",
    "home_discarded": "el usuario descartó la vivienda",
    "search_paused": "la búsqueda se puso en pausa o se borró antes",
    "search_saved_later": "la búsqueda se guardó después",
    "search_changed": "la búsqueda se modificó o se reanudó después de escribirse este mensaje sobre ella",
    "waits_for_approval": "espera la aprobación, como pide su búsqueda guardada",
    "approved": "fue aprobado, y se envía en seguida",
    "rejected": "fue rechazado",
    "counted_only": "el primer aviso nombra solo algunas viviendas, y cuenta esta con las demás",
    "expired": "caducó antes de que se pudiera enviar",
    "too_old": "no se pudo enviar dentro de su plazo",
    "cancelled": "fue cancelado por {by}",
    "user_erased": "se borraron los datos de su usuario",
    "quiet_hours": "lo retienen las horas de descanso del usuario hasta el {until} (zona horaria: {zone})",
    "legal_window": "lo retiene la ley hasta el {until} (lugar: {place}; zona horaria: {zone})",
    "no_allowed_moment": (
        "las horas de descanso del usuario y la ley no permiten ningún momento en los próximos ocho días "
        "(lugar: {place}; zona horaria: {zone}); se decide de nuevo el {until}, o cuando cambien las preferencias o el "
        "perfil del usuario"
    ),
    "paused": "el envío de {pause} está en pausa",
    "resumed": "el envío de {pause} se reanudó",
    "no_provider": "espera a un proveedor: ahora no responde ninguno",
    "worker_stopped": "su proceso se detuvo antes de entregarlo a un proveedor",
    "lease_lost": "su proceso perdió el turno antes de entregarlo a un proveedor",
    "store_away": "la base de datos no respondió al comprobarlo de nuevo antes del envío",
    "sent": "el proveedor lo aceptó",
    "sent_cut": "el proveedor lo aceptó; su texto se acortó ({cut})",
    "sent_before": "el proveedor lo aceptó en un intento anterior, que se comunicó tarde",
    "confirmed": "el proveedor comunica que lo aceptó",
    "delivered": "el proveedor comunica que llegó",
    "bounced": "el proveedor comunica que no llegó ({detail})",
    "refused": "{detail}",
    "not_sent": "{detail}",
    "throttled": "{detail}",
    "provider_down": "{detail}",
    "attempts_used_up": "se abandonó tras {attempts} intentos: {because}",
    "unknown_repeated": "{detail}; se envía de nuevo, y el proveedor lo reconoce",
    "unknown_resent": "{detail}; se envía una vez más",
    "unknown_awaits_report": "{detail}; espera un informe del proveedor y no se envía de nuevo",
    "unknown_given_up": "{detail}; se envió {times}, y no se sabe si llegó",
    "unknown_too_old": "no se sabe si llegó, y no se envía de nuevo",
    "worker_lost": _LOST,
    "worker_lost_resent": f"{_LOST}; se envía de nuevo",
    "worker_lost_awaits_report": f"{_LOST}; espera un informe del proveedor y no se envía de nuevo",
    "worker_lost_given_up": f"{_LOST}; no se sabe si llegó",
    "workers_lost": f"{_LOST}, ya {{workers}} veces",
    "worker_broke": "el proceso falló al tratarlo ({error})",
    "row_broken": _BROKEN_ROW,
    "row_broken_maybe_sent": f"{_BROKEN_ROW}; puede que se enviara",
    "row_broken_sent": f"{_BROKEN_ROW}; el proveedor lo aceptó, así que no se envía de nuevo",
    "row_unreadable": "no se puede leer su registro",
    "id_unreadable": "no se puede leer su identificador",
    "replayed": "un operador lo envió de nuevo",
    "discarded": "un operador lo descartó: {because}",
    "already_told": "otro aviso ya dijo lo mismo al usuario",
    "not_decided": "caducó antes de que se decidiera: {because}",
    "count_reached": "han pasado las {count} veces de su regla",
    "until_reached": "ha pasado la fecha de UNTIL de su regla",
    "no_occurrence": "su regla no tiene más fechas antes del año 2201",
    "other": "{text}",
})  # fmt: skip
"""The parameters are those of the English sentences."""

EARLIER_SENTENCES: Mapping[str, str] = MappingProxyType({
    "over_cap": "se alcanzó el límite del usuario de mensajes por {channel} ({period})",
})  # fmt: skip
"""Those of rows that an earlier version stored with fewer parameters."""

NO_CHANNEL = "ningún canal"
"""As in English."""

WORDS: Mapping[str, str] = MappingProxyType({
    "email": "correo electrónico",
    "sms": "SMS",
    "daily": "una vez al día",
    "weekly": "una vez a la semana",
    "monthly": "una vez al mes",
    "asap": "al momento",
    "day": "al día",
    "week": "a la semana",
    "its caller": "el sistema que lo pidió",
    "any place": "cualquier lugar",
})  # fmt: skip
"""Words that parameters have."""

_ANY_OF = re.compile(r"any of (\d+)")


def parameter(text: str) -> str:
    """A parameter in Spanish, if it has a word of ours; others are shown as they are."""
    if (several := _ANY_OF.fullmatch(text)) is not None:
        return f"cualquiera de {several[1]}"
    return WORDS.get(text, text)


def times(count: Any) -> str:
    """How often."""
    return "una vez" if count == 1 else f"{count} veces"

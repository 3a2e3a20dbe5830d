"""The messages that tell a user about a saved search, in English and Spanish. Pure."""

from collections.abc import Mapping

from property_alert_notification.base.languages import in_language
from property_alert_notification.homes.search_life.rules import Notice

_ENGLISH: Mapping[str, str] = {
    "failing": "Your search “{name}” cannot be used any more",
    "unopened": "Do you still need your search “{name}”?",
    "weekly": "Your search “{name}” now alerts you once a week",
    "monthly": "Your search “{name}” now alerts you once a month",
    "paused": "Your search “{name}” is paused",
    "too_many": "Your search “{name}” finds a great many homes",
    "quiet": "Your search “{name}” has found nothing for a while",
    "failing.text": "It cannot be read, so you hear of no homes by it. Please save it again.",
    "unopened.text": "You have not looked at what it found for some time. If you go on like this, it will alert you "
    "less often, and stop in the end.",
    "weekly.text": "You have not looked at what it found for some time.",
    "monthly.text": "You have not looked at what it found for a long time.",
    "paused.text": "You have not looked at what it found for a very long time, so it tells you of no more homes.",
    "too_many.text": "Add a condition or narrow one, so that you only hear of homes that you may want.",
    "quiet.text": "Nothing has matched for 80 days. It goes on, and you hear of the next home that matches. To find "
    "more, loosen a condition.",
    "keep": "To keep it as it was, press the button on this page: {url}",
}
_SPANISH: Mapping[str, str] = {
    "failing": "Su búsqueda «{name}» ya no se puede usar",
    "unopened": "¿Todavía necesita su búsqueda «{name}»?",
    "weekly": "Su búsqueda «{name}» ahora le avisa una vez por semana",
    "monthly": "Su búsqueda «{name}» ahora le avisa una vez al mes",
    "paused": "Su búsqueda «{name}» está en pausa",
    "too_many": "Su búsqueda «{name}» encuentra muchísimas viviendas",
    "quiet": "Su búsqueda «{name}» no ha encontrado nada desde hace tiempo",
    "failing.text": "No se puede leer, así que no recibe avisos de ella. Guárdela de nuevo, por favor.",
    "unopened.text": "Hace tiempo que no mira lo que ha encontrado. Si sigue así, le avisará menos a menudo y al final "
    "dejará de hacerlo.",
    "weekly.text": "Hace tiempo que no mira lo que ha encontrado.",
    "monthly.text": "Hace mucho tiempo que no mira lo que ha encontrado.",
    "paused.text": "Hace muchísimo tiempo que no mira lo que ha encontrado, así que ya no le avisa de viviendas.",
    "too_many.text": "Añada una condición o restrinja otra, para recibir solo las viviendas que le interesan.",
    "quiet.text": "No ha habido resultados en 80 días. La búsqueda sigue, y le avisaremos de la próxima vivienda. Para "
    "encontrar más, amplíe una condición.",
    "keep": "Para dejarla como estaba, pulse el botón de esta página: {url}",
}
_TEXTS = {"en": _ENGLISH, "es": _SPANISH}
_WITH_LINK = (Notice.UNOPENED, Notice.WEEKLY, Notice.MONTHLY, Notice.PAUSED)


def message_of(notice: Notice, name: str, sentence: str, url: str, language: str) -> tuple[str, str]:
    """The title and the message; `url` leads to the page that keeps the search as it was."""
    texts = in_language(_TEXTS, language)
    lines = [texts[f"{notice}.text"], *([sentence] if sentence else [])]
    if notice in _WITH_LINK:
        lines += ["", texts["keep"].format(url=url)]
    return texts[notice].format(name=name), "\n".join(lines)

"""The answers to STOP, START and HELP, in the language of the word. Pure."""

from property_alert_notification.feedback.replies.words import Word, plain

_SPANISH, _FRENCH = (
    frozenset({"baja", "alto", "cancelar", "parar"}),
    frozenset({"arret", "arrete", "arreter", "arrett"}),
)
_ANSWERS = {
    Word.STOP: {
        "en": "{name}: you are unsubscribed and will get no more messages. Reply START to subscribe again.",
        "es": "{name}: se ha dado de baja y no recibirá más mensajes. Responda START para volver a suscribirse.",
        "fr": "{name} : vous êtes désabonné et ne recevrez plus de messages. Répondez START pour vous réabonner.",
    },
    Word.START: {"en": "{name}: you are subscribed again. Reply HELP for help or STOP to unsubscribe."},
    Word.HELP: {"en": "{name}: alerts about homes. Reply STOP to unsubscribe. Msg & data rates may apply."},
}


def answer_to(word: Word, text: str, *, name: str) -> str | None:
    """The one confirmation of a word; None for any other message. `name` is that of the service."""
    if (answers := _ANSWERS.get(word)) is None:
        return None
    first = plain(text).partition(" ")[0]
    language = "es" if first in _SPANISH else "fr" if first in _FRENCH else "en"
    return answers.get(language, answers["en"]).format(name=name)

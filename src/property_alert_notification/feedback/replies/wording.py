"""The answers to STOP, START and HELP, in the language of the word. Pure."""

from functools import cache

from property_alert_notification.feedback.replies.words import Word, plain
from property_alert_notification.people.consent.rules import wording_version

_SPANISH, _FRENCH = (
    frozenset({"baja", "alto", "cancelar", "parar", "si"}),
    frozenset({"arret", "arrete", "arreter", "arrett", "oui"}),
)
_ANSWERS = {
    Word.STOP: {
        "en": "{name}: you are unsubscribed and will get no more messages. Reply START to subscribe again.",
        "es": "{name}: se ha dado de baja y no recibirá más mensajes. Responda START para volver a suscribirse.",
        "fr": "{name} : vous êtes désabonné et ne recevrez plus de messages. Répondez START pour vous réabonner.",
    },
    Word.START: {"en": "{name}: you are subscribed again. Reply HELP for help or STOP to unsubscribe."},
    Word.CONFIRM: {
        "en": "{name}: thank you, your choice is confirmed. Reply HELP for help or STOP to unsubscribe.",
        "es": "{name}: gracias, su elección está confirmada. Responda BAJA para darse de baja.",
        "fr": "{name} : merci, votre choix est confirmé. Répondez ARRET pour vous désabonner.",
    },
    Word.HELP: {"en": "{name}: alerts about homes. Reply STOP to unsubscribe. Msg & data rates may apply."},
}


@cache
def version_of_answers(language: str) -> str:
    """The version of the answers in a language, for consent records."""
    texts = {str(word): answers.get(language, answers["en"]) for word, answers in _ANSWERS.items()}
    return wording_version("reply", language, texts)


def language_of(text: str) -> str:
    """The language of a word."""
    first = plain(text).partition(" ")[0]
    return "es" if first in _SPANISH else "fr" if first in _FRENCH else "en"


def answer_to(word: Word, text: str, *, name: str) -> str | None:
    """The one confirmation of a word; None for any other message. `name` is that of the service."""
    if (answers := _ANSWERS.get(word)) is None:
        return None
    return answers.get(language_of(text), answers["en"]).format(name=name)

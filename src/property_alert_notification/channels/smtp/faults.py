"""What a refusing SMTP reply becomes: an error of ours, with the server's words and without personal data. Pure."""

import re

from property_alert_notification.base.errors import Deferred, ProviderDown, Refused, RetryLater, SendError, Throttled
from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.channels.mime import Mail
from property_alert_notification.channels.smtp import replies
from property_alert_notification.channels.smtp.bounce import bounce_of, says_full
from property_alert_notification.channels.smtp.meaning import About, Meaning
from property_alert_notification.channels.smtp.replies import BEFORE_ANY_MESSAGE
from property_alert_notification.channels.smtp.reply_text import HIDDEN, split, without_addresses
from property_alert_notification.channels.smtp.wire import Reply

LONGEST_WORDS = 200
"""Characters of a server's words that are kept."""

_CLOSING = 421
_FINAL_DOT = "the final dot"
_NUMBER = re.compile(r"(?<![\d.])\+?\d(?:[ -]?\d){6,}(?![\d.])")
_LONG_TOKEN = re.compile(r"\S{60,}")
_WORD = re.compile(r"\w+")
_SHARED_WORDS = 3
"""As many words of the message in a row are not kept when the server repeats them."""


class NoConnection(ProviderDown):
    """The server does not take this connection; it may take fewer than we hold."""


class Undecided(SendError):
    """A permanent refusal that may be about this message or about our account."""

    def __init__(self, reason: str, *, reply: str) -> None:
        super().__init__(reason)
        self.reply = reply
        """The reply without what differs from message to message."""


def fault(reply: Reply, verb: str, mail: Mail | None = None) -> SendError:
    """The error that a reply of 4yz or 5yz to `verb` means; `mail` is the message that was on its way."""
    reason = describe(reply, verb, mail)
    meaning = replies.read(verb, reply.code, reply.text)
    if meaning.about is About.SERVER and reply.code == _CLOSING and verb in BEFORE_ANY_MESSAGE:
        return NoConnection(reason)
    names_recipient = verb in {"RCPT", _FINAL_DOT}
    bounce = bounce_of(reply.code, reply.text, verb=verb) if names_recipient else None
    return _about_message(meaning, reason, bounce, is_full=says_full(reply.text)) or _about_provider(meaning, reason)


def _about_message(
    meaning: Meaning, reason: str, bounce: SuppressionCause | None, *, is_full: bool
) -> SendError | None:
    """The error of a refusal that is about the message or its recipient.

    Of refusals for now only those of a full mailbox say something about the address: rates, greylisting and a server's
    own trouble pass within hours, and may concern many recipients at once.
    """
    if meaning.about is About.OPEN:
        return Undecided(reason, reply=_without_numbers(reason))
    if meaning.about not in {About.RECIPIENT, About.MESSAGE}:
        return None
    if meaning.lasting:
        return Refused(reason, cause=bounce)
    kind = Deferred if meaning.about is About.RECIPIENT else RetryLater
    return kind(reason, retry_after=meaning.retry_after, cause=bounce if is_full else None)


def _about_provider(meaning: Meaning, reason: str) -> ProviderDown:
    match meaning.about:
        case About.CONNECTION:
            return NoConnection(reason)
        case About.QUOTA:
            return Throttled(reason, retry_after=meaning.retry_after)
        case _:
            return ProviderDown(f"{reason}. {_sentence(meaning.advice)}" if meaning.advice else reason)


def describe(reply: Reply, verb: str, mail: Mail | None = None) -> str:
    """The codes, the verb, and the server's words."""
    enhanced, words = split(reply.text)
    words = _clean(words, mail)
    codes = f"SMTP {reply.code}{f' {enhanced}' if enhanced else ''} at {verb}"
    return f"{codes}: {words}" if words else codes


def _clean(words: str, mail: Mail | None) -> str:
    """The words without addresses, long numbers and parts of the message."""
    words = "".join(character if character.isprintable() else " " for character in words)
    words = without_addresses(words)
    words = _LONG_TOKEN.sub(HIDDEN, _NUMBER.sub(HIDDEN, words))
    if mail is not None:
        words = _without_message(_without_name(words, mail), mail)
    words = " ".join(words.split())
    return words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1]}{HIDDEN}"


def _without_name(words: str, mail: Mail) -> str:
    """Some servers repeat only the part before the @ of the recipient."""
    name = re.escape(mail.recipient.text.rpartition("@")[0])
    return re.sub(rf"(?<!\w){name}(?!\w)", HIDDEN, words, flags=re.IGNORECASE) if name else words


def _without_message(words: str, mail: Mail) -> str:
    said = list(_WORD.finditer(words))
    if len(said) < _SHARED_WORDS:
        return words
    written = set(_groups(_WORD.findall(f"{mail.message.subject}\n{mail.message.text}")))
    hidden: set[int] = set()
    for first, group in enumerate(_groups([found.group() for found in said])):
        if group in written:
            hidden.update(range(first, first + _SHARED_WORDS))
    for position in sorted(hidden, reverse=True):
        begin, end = said[position].span()
        words = f"{words[:begin]}{HIDDEN}{words[end:]}"
    return words


def _groups(words: list[str]) -> list[tuple[str, ...]]:
    small = [word.lower() for word in words]
    return [tuple(small[first : first + _SHARED_WORDS]) for first in range(len(small) - _SHARED_WORDS + 1)]


def _without_numbers(reason: str) -> str:
    return re.sub(r"\S*\d{3,}\S*|<[^>]*>", HIDDEN, reason.partition(" at ")[2])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"

"""Takes messages of people: STOP suppresses the address, START releases it, YES confirms opt-ins."""

import json
from dataclasses import dataclass
from hashlib import blake2s

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.base.clock import Clock
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.channels.callback import InboundMessage
from property_alert_notification.database import Database, run_within
from property_alert_notification.events.scripts import is_anyone_listening
from property_alert_notification.feedback.confirmations.confirm import Confirmer
from property_alert_notification.feedback.replies import queries
from property_alert_notification.feedback.replies.models import InboundReply
from property_alert_notification.feedback.replies.sender import LONGEST, may_be_another, sender_of
from property_alert_notification.feedback.replies.wording import answer_to, language_of, version_of_answers
from property_alert_notification.feedback.replies.words import Word, looks_like_refusal, read
from property_alert_notification.notifications.recipients.queries import users_at
from property_alert_notification.people.consent.rules import ConsentOrigin, ConsentSource
from property_alert_notification.people.erasures import queries as erasures
from property_alert_notification.people.suppressions import queries as suppressions
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.rules import SuppressionReason
from property_alert_notification.people.suppressions.service import SuppressionService
from property_alert_notification.people.suppressions.subjects import Subjects

log = structlog.get_logger()

LONGEST_TEXT = 500
"""Characters that are kept of a message."""
MOST_PER_SENDER = 50
"""Messages that are kept of one sender. Of further ones only STOP, START and YES are kept, without their text."""
_MOST_RELEASED = 1_000


@dataclass(frozen=True, slots=True)
class ReplyIntake:
    """Takes the messages of people of all providers."""

    database: Database
    subjects: Subjects
    clock: Clock
    rules: AddressRules
    name: str
    """The name of the service, for confirmations."""
    confirmer: Confirmer

    async def take(self, channel: Channel, provider: str, message: InboundMessage) -> str | None:
        """Store a message and do what its word says; returns the one confirmation, or None.

        A message whose sender is no address that deliveries can have, such as a short code, is only kept for a person.
        """
        sender = sender_of(channel, message.sender, self.rules)
        word = Word.OTHER if message.word is None else Word(message.word)
        word = read(message.text) if word is Word.OTHER else word
        wording = version_of_answers(language_of(message.text))
        origin = ConsentOrigin(ConsentSource.REPLY, f"callback:{channel}/{provider}", wording)
        async with self.database.transaction() as connection:
            is_erased = sender is not None and await self._is_erased(connection, channel, sender)
            if is_erased and word is Word.OTHER and looks_like_refusal(message.text):
                word = Word.STOP  # nobody will read it: what they write is not kept
            confirming = await self._confirming(connection, channel, sender, message)
            if word is Word.CONFIRM and not confirming:
                word = Word.OTHER  # it answers something else: a person reads it
            if not await self._store(connection, channel, provider, sender, message, word, is_erased=is_erased):
                return None
            is_change = sender is not None and await self._act(connection, channel, sender, word, origin)
            if confirming:
                await self.confirmer.by_reply(connection, confirming, channel, origin)
        if sender is None:
            log.warning("reply.sender_unknown", channel=channel, provider=provider, word=word)
        else:
            log.info("reply.taken", channel=channel, provider=provider, word=word)
        return answer_to(word, message.text, name=self.name) if is_change else None

    async def _confirming(
        self, connection: AsyncConnection, channel: Channel, sender: str | None, message: InboundMessage
    ) -> list[int]:
        """The users who confirm opt-ins by this message. Some providers name YES a START, which it may be, too.

        Nobody confirms by a number that may be another's.
        """
        if sender is None or read(message.text) is not Word.CONFIRM or may_be_another(message.sender):
            return []
        return await self.confirmer.users_at(connection, channel, sender)

    async def _store(
        self,
        connection: AsyncConnection,
        channel: Channel,
        provider: str,
        sender: str | None,
        message: InboundMessage,
        word: Word,
        *,
        is_erased: bool,
    ) -> bool:
        """Store the message; returns whether it is to be acted on: a repeated callback is not."""
        is_certain = sender is not None and not may_be_another(message.sender)
        sender = sender or _storable(message.sender.strip(), LONGEST)
        has_room = not is_erased and await queries.number_of(connection, sender) < MOST_PER_SENDER
        is_kept = has_room or word in (Word.STOP, Word.START, Word.CONFIRM) or (is_erased and word is Word.HELP)
        if not is_kept:
            return False
        now = self.clock.now()
        id_ = self.clock.new_id()
        named = message.message_id or str(id_)
        return await queries.add(
            connection,
            InboundReply(
                id=id_,
                key=blake2s(json.dumps([channel, provider, named]).encode(), digest_size=16).hexdigest(),
                channel=channel,
                provider=provider,
                sender="" if is_erased else sender,
                text=_storable(message.text, LONGEST_TEXT) if has_room else "",
                word=word,
                is_refusal=_is_for_a_person(word, message.text, is_certain=is_certain),
                received_at=now,
            ),
        )

    async def _is_erased(self, connection: AsyncConnection, channel: Channel, sender: str) -> bool:
        """Whether it is the address of an erased person, which is known by its hash only."""
        return bool(await erasures.erased_at(connection, self.subjects.of_address(channel, sender)))

    async def _act(
        self, connection: AsyncConnection, channel: Channel, sender: str, word: Word, origin: ConsentOrigin
    ) -> bool:
        """Suppress or release the address; returns whether that changed anything, or the sender asked for help."""
        service = SuppressionService(connection, self.clock, origin, self.subjects)
        is_listening = word in (Word.STOP, Word.START) and await run_within(connection, is_anyone_listening())
        users = await users_at(connection, channel, sender) if is_listening else []
        if word is Word.STOP:
            return await service.add_once(NewEntry(SuppressionReason.STOP, channel, sender), users=users)
        if word is Word.START:
            subjects = self.subjects.of_address(channel, sender)
            entries = await suppressions.page(
                connection, subjects=subjects, reason=SuppressionReason.STOP, limit=_MOST_RELEASED, lock=True
            )
            for entry in entries:
                await service.release(entry.id, users=users)
            return bool(entries)
        return word in (Word.HELP, Word.CONFIRM)


def _is_for_a_person(word: Word, text: str, *, is_certain: bool) -> bool:
    """Whether it may be a refusal that has stopped nothing: by its words, or because its sender is not certain."""
    return looks_like_refusal(text) if word is Word.OTHER else word is Word.STOP and not is_certain


def _storable(text: str, longest: int) -> str:
    """The beginning of a text that any store accepts, whatever a provider has made of it."""
    return text[:longest].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")

"""Reads the mailbox of returned emails by IMAP (RFC 9051), with the standard library in a thread."""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from property_alert_notification.base.supervise import Loop
from property_alert_notification.feedback.bounces.event import MailOutcome, ReceivedMail
from property_alert_notification.feedback.bounces.intake import BounceIntake
from property_alert_notification.feedback.bounces.report import LONGEST_MAIL
from property_alert_notification.feedback.bounces.settings import BounceSettings

AT_ONCE = 20
"""Mails that are fetched together."""
_PATIENCE = 60.0
"""Seconds that the server may take for an answer."""
_UID = re.compile(rb"\bUID (\d+)")


class Mailbox:
    """The mailbox of returned emails. Reading one twice does no harm, so several workers may read it."""

    def __init__(self, settings: BounceSettings, host: str, intake: BounceIntake) -> None:
        self._settings = settings
        self._host = host
        self._intake = intake

    async def run(self, loop: Loop) -> None:
        """Read until cancelled.

        Raises:
            IMAP4.error: the server refuses the login or the folder; the supervisor tries again.
            OSError: the server cannot be reached.
        """
        await loop.repeat(self._turn)

    async def _turn(self) -> float:
        """Read a few mails; returns seconds until the next ones are read."""
        mails = await asyncio.to_thread(self._fetch)
        outcomes = await self._intake.take([ReceivedMail(content) for _, content in mails])
        done = [uid for (uid, _), outcome in zip(mails, outcomes, strict=True) if outcome is MailOutcome.REPORT]
        others = [uid for uid, _ in mails if uid not in done]
        with suppress(imaplib.IMAP4.error, OSError):  # they are read once more
            await asyncio.to_thread(self._mark, done, others)
        return 0.0 if len(mails) == AT_ONCE else self._settings.imap_interval

    def _fetch(self) -> list[tuple[bytes, bytes]]:
        """The first unseen mails, each with its UID; they stay unseen."""
        with self._connected() as server:
            _, [found] = server.uid("SEARCH", "UNSEEN")
            uids = (found or b"").split()[:AT_ONCE]
            if not uids:
                return []
            _, answers = server.uid("FETCH", b",".join(uids).decode(), f"(UID BODY.PEEK[]<0.{LONGEST_MAIL}>)")
        return list(_mails(answers))

    def _mark(self, done: Sequence[bytes], others: Sequence[bytes]) -> None:
        if not done and not others:
            return
        with self._connected() as server:
            if others:
                server.uid("STORE", b",".join(others).decode(), "+FLAGS.SILENT", r"(\Seen)")
            if done:
                names = b",".join(done).decode()
                server.uid("STORE", names, "+FLAGS.SILENT", r"(\Seen \Deleted)")
                _, [capabilities] = server.capability()
                if b"UIDPLUS" in (capabilities or b"").split():  # EXPUNGE alone removes what others have marked, too
                    server.uid("EXPUNGE", names)

    @contextmanager
    def _connected(self) -> Iterator[imaplib.IMAP4]:
        settings = self._settings
        server: imaplib.IMAP4
        if settings.imap_tls:
            context = ssl.create_default_context()
            if settings.imap_ca_file is not None:
                context.load_verify_locations(cafile=settings.imap_ca_file)
            server = imaplib.IMAP4_SSL(self._host, settings.imap_port, ssl_context=context, timeout=_PATIENCE)
        else:
            server = imaplib.IMAP4(self._host, settings.imap_port, timeout=_PATIENCE)
        with server:
            server.login(settings.imap_username, settings.imap_password.get_secret_value())
            answer, _ = server.select(f'"{settings.imap_folder}"')
            if answer != "OK":
                raise imaplib.IMAP4.error("the folder cannot be opened")
            yield server


def _mails(answers: Sequence[bytes | tuple[bytes, bytes] | None]) -> Iterator[tuple[bytes, bytes]]:
    for answer in answers:
        if isinstance(answer, tuple) and (uid := _UID.search(answer[0])):
            yield uid.group(1), answer[1]

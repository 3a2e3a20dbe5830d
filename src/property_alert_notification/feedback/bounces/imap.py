"""Reads the mailbox of returned emails by IMAP (RFC 9051), with the standard library in a thread."""

import asyncio
import base64
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest

from property_alert_notification.base.supervise import Loop
from property_alert_notification.feedback.bounces.event import MailOutcome, ReceivedMail
from property_alert_notification.feedback.bounces.intake import BounceIntake
from property_alert_notification.feedback.bounces.report import LONGEST_MAIL
from property_alert_notification.feedback.bounces.settings import BounceSettings

AT_ONCE = 20
"""Mails that are fetched together."""
_PATIENCE = 60.0
"""Seconds that the server may take for an answer."""
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SHORT = re.compile(rb'\bBODY\[\](?:<0>)? (?:"((?:[^"\\]|\\.)*)"|NIL)', re.IGNORECASE)
_ESCAPED = re.compile(rb"\\(.)")
_BEYOND_UTF7 = re.compile(r"&|[^ -~]+")


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
        return mails_in(answers)

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
            _log_in(server, settings.imap_username, settings.imap_password.get_secret_value())
            answer, _ = server.select(mailbox_name(settings.imap_folder))
            if answer != "OK":
                raise imaplib.IMAP4.error("the folder cannot be opened")
            yield server


def _log_in(server: imaplib.IMAP4, username: str, password: str) -> None:
    """By SASL where the server takes it: LOGIN cannot say what is beyond ASCII."""
    if "AUTH=PLAIN" in server.capabilities or not f"{username}{password}".isascii():
        server.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
    else:
        server.login(_quoted(username), password)  # it quotes the password itself


def mailbox_name(name: str) -> str:
    """The name of a folder as IMAP4rev1 has it: quoted, in modified UTF-7 (RFC 3501, 5.1.3). Pure."""
    return _quoted(_BEYOND_UTF7.sub(_shifted, name))


def _shifted(found: re.Match[str]) -> str:
    text = "" if found[0] == "&" else found[0]
    encoded = base64.b64encode(text.encode("utf-16-be"), b"+,").decode().rstrip("=")
    return f"&{encoded}-"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def mails_in(answers: Sequence[bytes | tuple[bytes, bytes] | None]) -> list[tuple[bytes, bytes]]:
    """The UID and the content of each mail in what `imaplib` makes of the answers to FETCH. Pure.

    A server may send the items of a mail in any order, and a short one, or none, without a literal.

    Raises:
        IMAP4.error: a mail has no UID, so it could never be marked as read.
    """
    mails = []
    for answer, following in zip_longest(answers, answers[1:]):
        if isinstance(answer, tuple):
            items, content = answer[0] + (following if isinstance(following, bytes) else b""), answer[1]
        elif isinstance(answer, bytes) and (short := _SHORT.search(answer)):
            items, content = answer.replace(short[0], b""), _ESCAPED.sub(rb"\1", short[1] or b"")
        else:
            continue
        if (uid := _UID.search(items)) is None:
            raise imaplib.IMAP4.error("the server sent a mail without its UID")
        mails.append((uid[1], content))
    return mails

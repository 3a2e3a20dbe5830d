"""Verifies messages of Amazon SNS, and confirms subscriptions to topics of ours.

The topic is compared before a certificate is fetched, and certificates are fetched only from SNS in the region of the
topic, over TLS and without redirects. A message of another topic is refused, although its signature by SNS is valid.
A certificate that verified a message is kept, also for the time after a restart: so the network of the next message is
known at once, and forged ones cannot use up what is fetched for it.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from property_alert_notification.base import times
from property_alert_notification.base.errors import ForgedCallback, Unavailable
from property_alert_notification.base.http import fields_of
from property_alert_notification.channels.callback import Callback
from property_alert_notification.channels.fetch_budget import MOST_FETCHES, FetchBudget
from property_alert_notification.channels.sns_certificates.stored import MOST, KeptCertificates

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a document over HTTPS, without following a redirect; raises Unavailable when it cannot."""

_OLDEST = timedelta(hours=1)
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
_CONFIRMATION = re.compile(r"/\?([!\"$-~]+)")  # no blank, no control character, no fragment
_AT_SNS = re.compile(r"https://sns\.([a-z0-9-]{3,40})\.amazonaws\.com(?:\.cn)?(?=/)")
_HASHES: dict[str, Callable[[], HashAlgorithm]] = {"1": SHA1, "2": SHA256}
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_MOST_UNPROVEN = 2 * MOST_FETCHES
"""Certificates that are kept although they have verified no message."""


class _Certificate(NamedTuple):
    pem: bytes
    key: RSAPublicKey


class TopicReader:
    """Reads what the allowed topics post."""

    def __init__(self, topics: Collection[str], fetch: Fetch, kept: KeptCertificates) -> None:
        """Nothing is fetched or read yet."""
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._kept = kept
        self._was_read = False
        self._proven: dict[str, _Certificate] = {}
        """By URL; what verified a message last is at the end."""
        self._unproven: dict[str, _Certificate] = {}
        self._budget = FetchBudget()
        self._fetching = asyncio.Lock()

    async def read(self, callback: Callback) -> dict[str, str]:
        """Verify a callback; returns its message. A subscription is confirmed.

        Raises:
            ForgedCallback: it is not from an allowed topic, not signed by SNS, or too old.
        """
        message = {name: value for name, value in fields_of(callback.body).items() if isinstance(value, str)}
        if message.get("TopicArn") not in self._topics or message.get("Type") not in _SIGNED:
            raise ForgedCallback
        await self._verify(message, callback)
        if message["Type"] == "SubscriptionConfirmation":
            await self._confirm(message)
        return message

    async def _verify(self, message: dict[str, str], callback: Callback) -> None:
        hash_of = _HASHES.get(message.get("SignatureVersion", ""))
        url = message.get("SigningCertURL", "")
        if hash_of is None or _path_at_sns(url, message["TopicArn"], _CERTIFICATE) is None:
            raise ForgedCallback
        try:
            signature = base64.b64decode(message.get("Signature", ""), validate=True)
            age = callback.received_at - times.parse(message["Timestamp"])
        except (binascii.Error, ValueError, KeyError):
            raise ForgedCallback from None
        if abs(age) > _OLDEST or not signature:
            raise ForgedCallback
        certificate = await self._certificate(url, callback)
        names = [name for name in _SIGNED[message["Type"]] if name in message]
        content = "".join(f"{name}\n{message[name]}\n" for name in names)
        try:
            certificate.key.verify(signature, content.encode("utf-8", "surrogatepass"), PKCS1v15(), hash_of())
        except InvalidSignature:
            raise ForgedCallback from None
        await self._prove(url, certificate, callback)

    async def _certificate(self, url: str, callback: Callback) -> _Certificate:
        if (known := self._known(url)) is not None:
            return known
        async with self._fetching:
            await self._read_kept(callback.received_at)
            if (known := self._known(url)) is not None:  # kept, or fetched while this one waited
                return known
            if not self._budget.take(url, callback.source, callback.received_at):
                raise Unavailable("The certificate of SNS could not be fetched. Try again.")
            if (fetched := _read(await self._fetch(url), callback.received_at)) is None:
                raise ForgedCallback
            while len(self._unproven) >= _MOST_UNPROVEN:
                del self._unproven[next(iter(self._unproven))]
            self._unproven[url] = fetched
            return fetched

    async def _read_kept(self, now: datetime) -> None:
        """Read, once, the certificates that processes stored before this one started."""
        if self._was_read:
            return
        kept = await self._kept.read()
        read = {url: _read(kept[url], now) for url in reversed(list(kept))}
        self._proven = {url: one for url, one in read.items() if one is not None} | self._proven
        self._was_read = True

    def _known(self, url: str) -> _Certificate | None:
        return self._proven.get(url) or self._unproven.get(url)

    async def _prove(self, url: str, certificate: _Certificate, callback: Callback) -> None:
        """Store a certificate that verified a message. Forged messages cannot displace it from then on."""
        if url not in self._proven:
            await self._kept.keep(url, certificate.pem, callback.received_at)
        self._unproven.pop(url, None)
        self._budget.prove(url, callback.source)
        self._proven.pop(url, None)
        self._proven[url] = certificate
        if len(self._proven) > MOST:
            del self._proven[next(iter(self._proven))]

    async def _confirm(self, message: dict[str, str]) -> None:
        url = message.get("SubscribeURL", "")
        path = _path_at_sns(url, message["TopicArn"], _CONFIRMATION)
        query = {} if path is None else parse_qs(path[1])
        if query.get("Action") != ["ConfirmSubscription"] or query.get("TopicArn") != [message["TopicArn"]]:
            raise ForgedCallback
        await self._fetch(url)


def _read(pem: bytes, now: datetime) -> _Certificate | None:
    """A certificate; None if it is none, or not valid now."""
    try:
        certificate = load_pem_x509_certificate(pem)
    except ValueError:
        return None
    key = certificate.public_key()
    is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return _Certificate(pem, key) if is_valid and isinstance(key, RSAPublicKey) else None


def _path_at_sns(url: str, topic: str, path: re.Pattern[str]) -> re.Match[str] | None:
    """The path if a URL leads to such a one at SNS in the region of a topic, `arn:aws:sns:us-east-1:123456789012:name`.

    The whole URL is compared, as it was written: what a parser leaves out would make another one of the same page.
    """
    host = _AT_SNS.match(url)
    return None if host is None or host[1] != topic.split(":")[3] else path.fullmatch(url, host.end())

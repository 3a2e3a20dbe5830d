"""Verifies messages of Amazon SNS, and confirms subscriptions to topics of ours.

The topic is compared before a certificate is fetched, and certificates are fetched only from SNS in the region of the
topic, over TLS and without redirects. A message of another topic is refused, although its signature by SNS is valid.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from property_alert_notification.base import times
from property_alert_notification.base.errors import ForgedCallback, Unavailable
from property_alert_notification.base.http import fields_of
from property_alert_notification.channels.callback import Callback

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a document over HTTPS, without following a redirect; raises Unavailable when it cannot."""

_OLDEST = timedelta(hours=1)
_HOST = re.compile(r"sns\.([a-z0-9-]{3,40})\.amazonaws\.com(\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")
_HASHES: dict[str, Callable[[], HashAlgorithm]] = {"1": SHA1, "2": SHA256}
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_MOST_KEYS = 16
_PAUSE = timedelta(minutes=1)
"""How long a certificate that could not be had is not fetched again."""
_MOST_FAILED = 8
"""So many failed fetches within `_PAUSE` end all fetching until it is over: anybody can write such a URL."""


class TopicReader:
    """Reads what the allowed topics post."""

    def __init__(self, topics: Collection[str], fetch: Fetch) -> None:
        """Nothing is fetched yet."""
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._keys: dict[str, RSAPublicKey] = {}
        self._failed: dict[str, datetime] = {}
        self._fetching = asyncio.Lock()

    async def read(self, callback: Callback) -> tuple[str, dict[str, Any]] | None:
        """Verify a callback; returns the id and the content of a notification. A subscription is confirmed.

        Raises:
            ForgedCallback: it is not from an allowed topic, not signed by SNS, or too old.
        """
        message = {name: value for name, value in fields_of(callback.body).items() if isinstance(value, str)}
        if message.get("TopicArn") not in self._topics or message.get("Type") not in _SIGNED:
            raise ForgedCallback
        await self._verify(message, callback.received_at)
        if message["Type"] == "SubscriptionConfirmation":
            await self._confirm(message)
        if message["Type"] != "Notification":
            return None
        # SES posts also sentences about a topic: they are no events.
        return message["MessageId"], fields_of(message["Message"].encode("utf-8", "replace"))

    async def _verify(self, message: dict[str, str], now: datetime) -> None:
        hash_of = _HASHES.get(message.get("SignatureVersion", ""))
        url = message.get("SigningCertURL", "")
        if (
            hash_of is None
            or not _is_at_sns(url, message["TopicArn"])
            or not _CERTIFICATE.fullmatch(urlsplit(url).path)
        ):
            raise ForgedCallback
        try:
            signature = base64.b64decode(message.get("Signature", ""), validate=True)
            age = now - times.parse(message["Timestamp"])
        except (binascii.Error, ValueError, KeyError):
            raise ForgedCallback from None
        if abs(age) > _OLDEST or not signature:
            raise ForgedCallback
        key = await self._key(url, now)
        names = [name for name in _SIGNED[message["Type"]] if name in message]
        content = "".join(f"{name}\n{message[name]}\n" for name in names)
        try:
            key.verify(signature, content.encode("utf-8", "surrogatepass"), PKCS1v15(), hash_of())
        except InvalidSignature:
            raise ForgedCallback from None

    async def _key(self, url: str, now: datetime) -> RSAPublicKey:
        if (known := self._keys.get(url)) is not None:
            return known
        async with self._fetching:
            if (known := self._keys.get(url)) is not None:  # fetched while this one waited
                return known
            self._failed = {one: at for one, at in self._failed.items() if now - at < _PAUSE}
            if url in self._failed or len(self._failed) >= _MOST_FAILED:
                raise Unavailable("The certificate of SNS could not be fetched. Try again.")
            self._failed[url] = now
            self._keys[url] = await self._fetch_key(url, now)
            del self._failed[url]
            return self._keys[url]

    async def _fetch_key(self, url: str, now: datetime) -> RSAPublicKey:
        try:
            certificate = load_pem_x509_certificate(await self._fetch(url))
        except ValueError:
            raise ForgedCallback from None
        key = certificate.public_key()
        is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if not is_valid or not isinstance(key, RSAPublicKey):
            raise ForgedCallback
        if len(self._keys) >= _MOST_KEYS:
            self._keys.clear()
        return key

    async def _confirm(self, message: dict[str, str]) -> None:
        url = message.get("SubscribeURL", "")
        query = parse_qs(urlsplit(url).query) if _is_at_sns(url, message["TopicArn"]) else {}
        if query.get("Action") != ["ConfirmSubscription"] or query.get("TopicArn") != [message["TopicArn"]]:
            raise ForgedCallback
        await self._fetch(url)


def _is_at_sns(url: str, topic: str) -> bool:
    """Whether a URL leads to SNS in the region of a topic, `arn:aws:sns:us-east-1:123456789012:name`."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and parts.netloc == parts.hostname
    except ValueError:
        return False
    host = _HOST.fullmatch(parts.netloc)
    return is_plain and host is not None and host.group(1) == topic.split(":")[3]

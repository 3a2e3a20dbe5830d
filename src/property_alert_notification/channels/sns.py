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
_MOST_KEYS = 16
_MOST_UNPROVEN = 2 * MOST_FETCHES
"""Certificates that are kept although they have verified no message."""


class TopicReader:
    """Reads what the allowed topics post."""

    def __init__(self, topics: Collection[str], fetch: Fetch) -> None:
        """Nothing is fetched yet."""
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._proven: dict[str, RSAPublicKey] = {}
        """By URL; what verified a message last is at the end."""
        self._unproven: dict[str, RSAPublicKey] = {}
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
        key = await self._key(url, callback)
        names = [name for name in _SIGNED[message["Type"]] if name in message]
        content = "".join(f"{name}\n{message[name]}\n" for name in names)
        try:
            key.verify(signature, content.encode("utf-8", "surrogatepass"), PKCS1v15(), hash_of())
        except InvalidSignature:
            raise ForgedCallback from None
        self._prove(url, key, callback.source)

    async def _key(self, url: str, callback: Callback) -> RSAPublicKey:
        if (known := self._known(url)) is not None:
            return known
        async with self._fetching:
            if (known := self._known(url)) is not None:  # fetched while this one waited
                return known
            if not self._budget.take(url, callback.source, callback.received_at):
                raise Unavailable("The certificate of SNS could not be fetched. Try again.")
            key = await self._fetch_key(url, callback.received_at)
            while len(self._unproven) >= _MOST_UNPROVEN:
                del self._unproven[next(iter(self._unproven))]
            self._unproven[url] = key
            return key

    def _known(self, url: str) -> RSAPublicKey | None:
        return self._proven.get(url) or self._unproven.get(url)

    def _prove(self, url: str, key: RSAPublicKey, source: str) -> None:
        """A message was verified by this key: whoever forges messages cannot have it forgotten."""
        self._unproven.pop(url, None)
        self._budget.prove(url, source)
        self._proven.pop(url, None)
        self._proven[url] = key
        if len(self._proven) > _MOST_KEYS:
            del self._proven[next(iter(self._proven))]

    async def _fetch_key(self, url: str, now: datetime) -> RSAPublicKey:
        try:
            certificate = load_pem_x509_certificate(await self._fetch(url))
        except ValueError:
            raise ForgedCallback from None
        key = certificate.public_key()
        is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if not is_valid or not isinstance(key, RSAPublicKey):
            raise ForgedCallback
        return key

    async def _confirm(self, message: dict[str, str]) -> None:
        url = message.get("SubscribeURL", "")
        path = _path_at_sns(url, message["TopicArn"], _CONFIRMATION)
        query = {} if path is None else parse_qs(path[1])
        if query.get("Action") != ["ConfirmSubscription"] or query.get("TopicArn") != [message["TopicArn"]]:
            raise ForgedCallback
        await self._fetch(url)


def _path_at_sns(url: str, topic: str, path: re.Pattern[str]) -> re.Match[str] | None:
    """The path if a URL leads to such a one at SNS in the region of a topic, `arn:aws:sns:us-east-1:123456789012:name`.

    The whole URL is compared, as it was written: what a parser leaves out would make another one of the same page.
    """
    host = _AT_SNS.match(url)
    return None if host is None or host[1] != topic.split(":")[3] else path.fullmatch(url, host.end())

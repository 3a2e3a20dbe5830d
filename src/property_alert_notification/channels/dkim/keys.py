"""Reads the private keys that `DKIM_…` names, once, at the start."""

import base64
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import load
from property_alert_notification.channels.dkim.settings import DkimSettings, split_list

_RSA_BITS = range(2_048, 4_097)
"""RFC 8301 asks signers for 2048 bits; receivers need not verify more than 4096."""


class DkimKey(Protocol):
    """One private key under its selector."""

    selector: str
    algorithm: str
    """As in the tag `a` of a signature."""
    description: str

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-256 digest."""

    def record(self) -> str:
        """The TXT record that publishes the public key."""


class RsaKey:
    """An RSA key."""

    algorithm = "rsa-sha256"
    _padding = PKCS1v15()
    _digest = Prehashed(SHA256())

    def __init__(self, selector: str, key: RSAPrivateKey) -> None:
        self.selector = selector
        self.description = f"{selector} (RSA-{key.key_size})"
        self._key = key

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-256 digest (RFC 6376, 3.3.1)."""
        return self._key.sign(digest, self._padding, self._digest)

    def record(self) -> str:
        """The TXT record that publishes the public key."""
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


class Ed25519Key:
    """An Ed25519 key (RFC 8463)."""

    algorithm = "ed25519-sha256"

    def __init__(self, selector: str, key: Ed25519PrivateKey) -> None:
        self.selector = selector
        self.description = f"{selector} (Ed25519)"
        self._key = key

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-256 digest: RFC 8463 signs the digest, not the text."""
        return self._key.sign(digest)

    def record(self) -> str:
        """The TXT record that publishes the public key."""
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"


def load_keys() -> tuple[str, list[DkimKey]] | None:
    """The domain that signs and its keys; None when emails are not signed.

    Raises:
        ConfigurationError: a setting is missing, or a file holds no key that can be used; it names setting and file.
    """
    settings = load(DkimSettings)
    given = {name: value for name in ("domain", "selector", "key_file") if (value := getattr(settings, name))}
    if not given:
        return None
    for name, field in DkimSettings.model_fields.items():
        if name not in given:
            variable = f"DKIM_{name}".upper()
            others = " and ".join(f"DKIM_{other}".upper() for other in given)
            raise ConfigurationError(
                f"{variable}: needed with {others}. Example: {variable}={(field.examples or [])[0]}"
            )
    selectors, files = split_list(given["selector"]), split_list(given["key_file"])
    if len(selectors) != len(files):
        raise ConfigurationError(
            f"DKIM_KEY_FILE: names {len(files)} files for {len(selectors)} selectors in DKIM_SELECTOR. "
            "Name one for each selector, in the same order"
        )
    return given["domain"], [_read(*pair) for pair in zip(selectors, files, strict=True)]


def _read(selector: str, file: str) -> DkimKey:
    """Nothing of the file is repeated in an error: it may hold a key."""
    try:
        key = load_pem_private_key(Path(file).read_bytes(), password=None)
    except OSError as error:
        raise _unusable(file, f"cannot be read ({error.strerror})") from None
    except TypeError:
        raise _unusable(file, "has a passphrase: store the key without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable(file, "holds no private key in PEM") from None
    match key:
        case RSAPrivateKey():
            if key.key_size not in _RSA_BITS:
                raise _unusable(file, f"holds an RSA key of {key.key_size} bits: use 2048 to 4096")
            return RsaKey(selector, key)
        case Ed25519PrivateKey():
            return Ed25519Key(selector, key)
    raise _unusable(file, "holds a key that is neither RSA nor Ed25519")


def _unusable(file: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"DKIM_KEY_FILE: {file} {problem}. Example: DKIM_KEY_FILE=/run/secrets/rsa2026.pem")

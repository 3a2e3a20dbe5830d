"""`check --domain`: what it prints, and how it ends."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.cli.domain import find_needs
from tests.cli.command import run, words
from tests.services.dnsmasq import dnsmasq, text_record

RECORDS = [
    text_record("shop.example", "v=spf1 ip4:192.0.2.7 -all"),
    text_record("_dmarc.shop.example", "v=DMARC1; p=none; rua=mailto:dmarc@shop.example"),
    "mx-host=shop.example,mx.shop.example,10",
    "host-record=mx.shop.example,192.0.2.7",
    "ptr-record=7.2.0.192.in-addr.arpa,mx.shop.example",
]


def test_a_missing_record_is_reported_and_printed(tmp_path: Path) -> None:
    secret = ed25519.Ed25519PrivateKey.generate()
    key = tmp_path / "dkim.pem"
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    record = f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"
    settings = {"DKIM_DOMAIN": "shop.example", "DKIM_SELECTOR": "s1", "DKIM_KEY_FILE": str(key)}
    with dnsmasq(RECORDS) as server:
        asked = ("check", "--domain", "Shop.Example", "--nameserver", server, "--address", "192.0.2.7")
        missing = run(tmp_path, *asked, **settings)
    with dnsmasq([*RECORDS, text_record("s1._domainkey.shop.example", record)]) as server:
        asked = ("check", "--domain", "shop.example", "--nameserver", server, "--address", "192.0.2.7")
        complete = run(tmp_path, *asked, **settings)

    assert (missing.returncode, missing.stderr) == (1, "")
    assert "DKIM s1: s1._domainkey.shop.example has no record" in words(missing.stdout)
    assert missing.stdout.endswith(f'\nPublish:\n\ns1._domainkey.shop.example. IN TXT "{record}"\n')
    assert key.read_text().splitlines()[1] not in missing.stdout
    assert (complete.returncode, complete.stderr) == (0, "")
    assert "Publish" not in complete.stdout


@pytest.mark.parametrize(
    ("domain", "nameserver", "address", "option"),
    [
        ("example", None, [], "--domain"),
        ("a@example.com", None, [], "--domain"),
        ("example.com", "dns.example.com", [], "--nameserver"),
        ("example.com", "127.0.0.1:0", [], "--nameserver"),
        ("example.com", "[::1]:x", [], "--nameserver"),
        ("example.com", "127.0.0.1:99999", [], "--nameserver"),
        ("example.com", "127.0.0.1", ["mail.example.com"], "--address"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(
    domain: str, nameserver: str | None, address: list[str], option: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{option}: .*Example: {option}"):
        find_needs(domain, nameserver, address)

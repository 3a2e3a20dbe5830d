"""Signatures of emails that a real SMTP server took, judged by a verifier that is not ours."""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.channels import email_smtp
from property_alert_notification.channels.base import Tools
from property_alert_notification.channels.dkim.keys import load_keys
from property_alert_notification.channels.dkim.signer import Signer, relaxed_body, relaxed_header
from tests.channels.conftest import CLOCK, Environ, a_message
from tests.services.dkim_verifier import verify
from tests.services.smtp import SmtpServer

ED25519 = ed25519.Ed25519PrivateKey.generate()
UNSUBSCRIBE = (
    ("List-Unsubscribe", f"<https://alerts.example.com/u/{'x' * 800}>"),
    ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
)
TEXTS = {
    "plain": "Now 450,000.",
    "empty": "",
    "only line ends": "\n\n\n",
    "eight bits": "Ein schönes Haus, 漢字, 🏡",
    "long lines": "x" * 5_000 + "\n" + "é" * 3_000,
    "blanks at ends": "one \ntwo\t\n  three  \t four\n \n",
    "dots": ".\n..\n.a\n\n.\n",
    "line ends": "a\rb\r\nc\nd",
    "ends with blanks": "a\n\n  \n\t\n",
    "from": "\nFrom here on\n>From",
}


@cache
def rsa_key(year: int) -> rsa.RSAPrivateKey:
    """Made for the first test that asks for it: each worker imports this file, and few workers run its tests."""
    return rsa.generate_private_key(65_537, 2_048)


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, word: bytes = b"") -> bytes:
    encryption = BestAvailableEncryption(word) if word else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture
def key_files(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / f"{name}.pem" for name in ("rsa", "old", "ed")}
    for file, key in zip(files.values(), (rsa_key(2026), rsa_key(2025), ED25519), strict=True):
        file.write_bytes(pem(key))
    return files


@pytest.fixture
def signing(environ: Environ, key_files: Mapping[str, Path]) -> None:
    """Two RSA keys and an Ed25519 key at once, as while keys are rotated."""
    environ(
        DKIM_DOMAIN="Example.com.",
        DKIM_SELECTOR="rsa2026, rsa2025,ed.2026",
        DKIM_KEY_FILE=", ".join(str(key_files[name]) for name in ("rsa", "old", "ed")),
    )


def records() -> dict[str, str]:
    keys = load_keys()
    assert keys is not None
    return {f"{key.selector}._domainkey.{keys[0]}": key.record() for key in keys[1]}


@pytest.mark.usefixtures("signing")
async def test_every_signature_of_every_email_holds(tools: Tools, environ: Environ) -> None:
    messages = [
        replace(a_message("anna@example.com", text=text, html=html), headers=headers)
        for text in TEXTS.values()
        for html in (True, False)
        for headers in ((), UNSUBSCRIBE)
    ]
    messages += [
        a_message("anña@bücher.example"),
        replace(a_message(), subject="Ein schönes Haus mit vielen Zimmern und einem Garten " * 5),
        replace(a_message(), subject=" two  blanks "),
        replace(a_message(), subject=""),
    ]
    with SmtpServer(enable_SMTPUTF8=True) as server:
        environ(EMAIL_FROM="alerts@example.com", EMAIL_FROM_NAME="Häuser & Co", EMAIL_REPLY_TO="help@example.com")
        environ(SMTP_HOST="127.0.0.1", SMTP_PORT=server.port, SMTP_STARTTLS="off")
        sender = email_smtp.create(tools)
        for message in messages:
            await sender.send(message)
        said = await sender.check()
        await sender.close()
        mails = [mail.content for mail in server.mails]

    assert "signs for example.com by rsa2026 (RSA-2048), rsa2025 (RSA-2048), ed.2026 (Ed25519)" in said
    assert verify(mails, records()) == [[True] * 3] * len(messages)
    assert all(len(line) <= 78 for mail in mails for line in mail.partition(b"From: ")[0].split(b"\r\n"))


@pytest.mark.usefixtures("signing")
def test_signatures_hold_whatever_blanks_and_line_ends_there_are() -> None:
    signer = a_signer()
    choice = random.Random(6376)
    pieces = [b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b".", b"a", b"b c", b"\xc3\xa9", b"--", b":", b";"]
    mails = [
        signer.sign(letter(b"".join(choice.choices(pieces, k=choice.randrange(30))) + b"\r\n"), now=CLOCK.now())
        for _ in range(100)
    ]

    assert verify(mails, records()) == [[True] * 3] * len(mails)


def letter(body: bytes, *headers: bytes) -> bytes:
    lines = (b"From: alerts@example.com", b"To: a@example.com", b"Subject:  a \t b\r\n \tc ", *headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def a_signer() -> Signer:
    keys = load_keys()
    assert keys is not None
    return Signer(*keys)


@pytest.mark.usefixtures("signing")
def test_what_is_changed_on_the_way_breaks_every_signature() -> None:
    unsubscribe = b"List-Unsubscribe: <https://a.example/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
    letters = letter(b"Hello\r\n", b"Date: today", b"Content-Type: text/plain", unsubscribe)
    mail = a_signer().sign(letters, now=CLOCK.now())
    before = mail.removesuffix(letters)
    changed = [
        letters.replace(b"Hello", b"Hullo"),
        letters.replace(b"Hello", b"Hello\r\nmore"),
        letters.replace(b" a \t b", b" ab"),
        letters.replace(b"u/1", b"u/2"),
        letters.replace(b"=One-Click", b"=None"),
        letters.replace(b"List-Unsubscribe-Post:", b"X-Post:"),
        letters.replace(b"text/plain", b"text/html"),
        *[name + b": other\r\n" + letters for name in (b"From", b"To", b"Subject", b"Date", b"Reply-To")],
        *[letters.replace(b"\r\n\r\n", b"\r\n" + name + b": other\r\n\r\n", 1) for name in (b"From", b"Reply-To")],
    ]

    assert verify([mail], records()) == [[True] * 3]
    assert verify([before + each for each in changed], records()) == [[False] * 3] * len(changed)


@pytest.mark.usefixtures("signing")
def test_the_headers_that_receivers_ask_for_are_signed() -> None:
    letters = letter(b"", *(f"{name}: {value}".encode() for name, value in UNSUBSCRIBE), b"Message-ID: <1@example.com>")
    first = a_signer().sign(letters, now=CLOCK.now()).partition(b"DKIM-Signature:")[2].partition(b"DKIM-Signature:")[0]
    names = re.sub(r"\s", "", first.decode()).partition(";h=")[2].partition(";")[0].split(":")

    assert {"to", "subject", "message-id", "list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert names.count("from") == 2
    assert names.count("list-unsubscribe") == 1
    assert b"c=relaxed/relaxed;" in first


@pytest.mark.parametrize(
    ("body", "hashed"),
    [
        # The last two lines are the example of RFC 6376, 3.4.5.
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" \r\n\t\r\n", b""),
        (b"a", b"a\r\n"),
        (b"a  ", b"a\r\n"),
        (b"a\r\n\r\n \r\n", b"a\r\n"),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
    ],
)
def test_a_body_is_hashed_as_the_rfc_says(body: bytes, hashed: bytes) -> None:
    assert relaxed_body(body) == hashed


def test_a_header_is_hashed_as_the_rfc_says() -> None:
    assert (relaxed_header(b"A: X"), relaxed_header(b"B : Y\t Z  ")) == (b"a:X", b"b:Y Z")


def test_emails_are_not_signed_without_settings() -> None:
    assert load_keys() is None


WRONG: list[tuple[dict[str, str], str]] = [
    ({"DKIM_DOMAIN": ""}, "DKIM_DOMAIN: needed with DKIM_SELECTOR and DKIM_KEY_FILE"),
    ({"DKIM_SELECTOR": ""}, "DKIM_SELECTOR: needed with DKIM_DOMAIN and DKIM_KEY_FILE"),
    ({"DKIM_KEY_FILE": ""}, "DKIM_KEY_FILE: needed with DKIM_DOMAIN and DKIM_SELECTOR"),
    ({"DKIM_DOMAIN": "example"}, "DKIM_DOMAIN: must be a domain"),
    ({"DKIM_DOMAIN": "a@example.com"}, "DKIM_DOMAIN: must be a domain"),
    ({"DKIM_DOMAIN": "example.com; s=x"}, "DKIM_DOMAIN: must be a domain"),
    ({"DKIM_SELECTOR": "a b"}, "DKIM_SELECTOR: must be names"),
    ({"DKIM_SELECTOR": "a;b"}, "DKIM_SELECTOR: must be names"),
    ({"DKIM_SELECTOR": ","}, "DKIM_SELECTOR: must be names"),
    ({"DKIM_SELECTOR": "a,A"}, "DKIM_SELECTOR: names a selector twice"),
    ({"DKIM_SELECTOR": "a,b"}, "DKIM_KEY_FILE: names 1 files for 2 selectors"),
    ({"DKIM_KEY_FILE": "absent.pem"}, r"DKIM_KEY_FILE: absent\.pem cannot be read \(No such file or directory\)"),
    ({"DKIM_KEY_FILE": "/"}, r"DKIM_KEY_FILE: / cannot be read \(Is a directory\)"),
    ({"DKIM_KEY_FILE": "small"}, "DKIM_KEY_FILE: small holds an RSA key of 1024 bits"),
    ({"DKIM_KEY_FILE": "public"}, "DKIM_KEY_FILE: public holds no private key in PEM"),
    ({"DKIM_KEY_FILE": "cut"}, "DKIM_KEY_FILE: cut holds no private key in PEM"),
    ({"DKIM_KEY_FILE": "empty"}, "DKIM_KEY_FILE: empty holds no private key in PEM"),
    ({"DKIM_KEY_FILE": "curve"}, "DKIM_KEY_FILE: curve holds a key that is neither RSA nor Ed25519"),
    ({"DKIM_KEY_FILE": "encrypted"}, "DKIM_KEY_FILE: encrypted has a passphrase"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_a_setting_that_cannot_be_used_stops_the_start(
    wrong: dict[str, str], words: str, environ: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: Tools
) -> None:
    good = pem(rsa_key(2026))
    contents = {
        "good": good,
        "small": pem(rsa.generate_private_key(65_537, 1_024)),
        "public": rsa_key(2026).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "cut": good[:700],
        "empty": b"",
        "curve": pem(ec.generate_private_key(ec.SECP256R1())),
        "encrypted": pem(ED25519, b"a word"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    environ(EMAIL_FROM="alerts@example.com")
    environ(**{"DKIM_DOMAIN": "example.com", "DKIM_SELECTOR": "s1", "DKIM_KEY_FILE": "good"} | wrong)

    with pytest.raises(ConfigurationError, match=words) as refused:
        email_smtp.create(tools)

    assert not any(line in str(refused.value) for line in good.decode().splitlines()[1:-1])


def test_a_key_in_the_form_of_openssl_is_read(environ: Environ, tmp_path: Path) -> None:
    (tmp_path / "rsa.pem").write_bytes(
        rsa_key(2026).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    environ(DKIM_DOMAIN="bücher.example", DKIM_SELECTOR="s1", DKIM_KEY_FILE=tmp_path / "rsa.pem")

    keys = load_keys()

    assert keys is not None
    assert keys[0] == "xn--bcher-kva.example"
    mail = Signer(*keys).sign(letter(b"x"), now=CLOCK.now())
    assert verify([mail], {"s1._domainkey.xn--bcher-kva.example": keys[1][0].record()}) == [[True]]

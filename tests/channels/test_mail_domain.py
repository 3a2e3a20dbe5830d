"""What `check --domain` finds, against a real DNS server; and each rule by itself."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from property_alert_notification.channels.dkim.keys import Ed25519Key, RsaKey
from property_alert_notification.channels.mail_domain import lookup as lookup_module
from property_alert_notification.channels.mail_domain import rules, spf
from property_alert_notification.channels.mail_domain.check import MailDomain, check_domain
from property_alert_notification.channels.mail_domain.lookup import Address, Lookup
from property_alert_notification.channels.mail_domain.rules import Judgement
from tests.services.dnsmasq import dnsmasq, text_record

KEYS = (
    RsaKey("rsa", rsa.generate_private_key(65_537, 2_048)),
    Ed25519Key("ed", ed25519.Ed25519PrivateKey.generate()),
)
OURS = ipaddress.ip_address("192.0.2.7")
OTHER = ipaddress.ip_address("198.51.100.9")
RECORDS = [
    text_record("good.example", "v=spf1 include:_spf.good.example mx -all"),
    text_record("good.example", "another=text"),
    text_record("_spf.good.example", "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/32 ~all"),
    *[text_record(f"{key.selector}._domainkey.good.example", key.record()) for key in KEYS],
    text_record("_dmarc.good.example", "v=DMARC1; p=quarantine; rua=mailto:dmarc@good.example"),
    "mx-host=good.example,mx.good.example,10",
    "host-record=mx.good.example,192.0.2.8",
    "host-record=out.good.example,192.0.2.7",
    "ptr-record=7.2.0.192.in-addr.arpa,out.good.example",
    "ptr-record=9.100.51.198.in-addr.arpa,mx.good.example",
    text_record("two.example", "v=spf1 -all"),
    text_record("two.example", "v=spf1 mx -all"),
    text_record("mail.two.example", "v=spf1 include:nowhere.example -all"),
    text_record("_dmarc.two.example", "v=DMARC1; p=reject; sp=none"),
    text_record("loop.example", "v=spf1 include:loop.example -all"),
    "mx-host=loop.example,gone.loop.example,10",
    text_record("macro.example", "v=spf1 exists:%{i}.macro.example -all"),
    *[f"mx-host=crowd.example,mx{number}.crowd.example,10" for number in range(11)],
    text_record("crowd.example", "v=spf1 mx -all"),
    text_record("void.example", "v=spf1 ?a:gone1.example include:void2.example mx:gone3.example -all"),
    text_record("void2.example", "v=spf1 exists:gone2.example -all"),
    "host-record=six.example,2001:db8::6",
    text_record("_dmarc.co.example", "v=DMARC1; p=none; psd=y"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with dnsmasq(RECORDS) as address:
        yield address


@pytest.fixture
def lookup(server: str, monkeypatch: pytest.MonkeyPatch) -> Lookup:
    monkeypatch.setattr(lookup_module, "QUERY_TIMEOUT", 60)  # on a busy machine
    host, _, port = server.partition(":")
    return Lookup(ipaddress.ip_address(host), int(port))


async def found(lookup: Lookup, domain: str, *addresses: Address) -> dict[str, Judgement]:
    mail = MailDomain(domain, domain, KEYS, addresses)
    return {judgement.part: judgement for judgement in await check_domain(lookup, mail)}


async def test_a_domain_with_everything_needs_nothing(lookup: Lookup) -> None:
    judged = await found(lookup, "good.example", OURS)

    assert {part: each.words for part, each in judged.items()} == {
        "SPF": "v=spf1 include:_spf.good.example mx -all",
        "DKIM rsa": "rsa._domainkey.good.example publishes the key",
        "DKIM ed": "ed._domainkey.good.example publishes the key",
        "DMARC": "_dmarc.good.example: quarantine",
        "MX": "mx.good.example",
        "reverse DNS 192.0.2.7": "out.good.example",
    }
    assert all(each.well and each.publish is None for each in judged.values())


async def test_a_domain_with_nothing_is_given_every_record(lookup: Lookup) -> None:
    judged = await found(lookup, "empty.example", ipaddress.ip_address("203.0.113.5"))

    assert not any(each.well for each in judged.values())
    assert [each.publish for part, each in judged.items() if not part.startswith("DKIM")] == [
        'empty.example. IN TXT "v=spf1 ip4:203.0.113.5 ~all"',
        '_dmarc.empty.example. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@empty.example"',
        "empty.example. IN MX 10 mail.empty.example.",
        "5.113.0.203.in-addr.arpa. IN PTR mail.empty.example.",
    ]


async def test_what_is_printed_is_what_the_check_wants(lookup: Lookup) -> None:
    """The records for an empty domain, published, leave nothing to do but the two that name machines."""
    judged = await found(lookup, "empty.example", OTHER)
    texts = [each.publish for each in judged.values() if each.publish is not None and " IN TXT " in each.publish]
    lines = [_of_dnsmasq(text) for text in texts]
    with dnsmasq(lines) as address:
        host, _, port = address.partition(":")
        again = await found(Lookup(ipaddress.ip_address(host), int(port)), "empty.example", OTHER)

    assert len(lines) == 4
    assert {part for part, each in again.items() if not each.well} == {"MX", "reverse DNS 198.51.100.9"}


def _of_dnsmasq(record: str) -> str:
    name, _, text = record.partition(" IN TXT ")
    strings = text.replace('" "', '","')
    return f"txt-record={name.removesuffix('.')},{strings}"


@pytest.mark.parametrize(
    ("domain", "part", "words"),
    [
        ("two.example", "SPF", "two.example has 2 SPF records"),
        ("mail.two.example", "SPF", "includes nowhere.example, which has no SPF records"),
        ("loop.example", "SPF", "more than 10 DNS lookups"),
        ("loop.example", "MX", "gone.loop.example has no address"),
        ("crowd.example", "SPF", "crowd.example has more than 10 MX records"),
        ("void.example", "SPF", "find nothing, so receivers reject it: gone1.example, gone2.example, gone3.example"),
        ("good.example", "SPF", "the record does not list 198.51.100.9"),
        ("good.example", "reverse DNS 198.51.100.9", "its PTR name mx.good.example does not resolve to the address"),
        ("sub.good.example", "DKIM rsa", "rsa._domainkey.sub.good.example has no record"),
    ],
)
async def test_a_wrong_record_is_named(lookup: Lookup, domain: str, part: str, words: str) -> None:
    judgement = (await found(lookup, domain, OTHER))[part]

    assert not judgement.well
    assert words in judgement.words


async def test_the_policy_of_a_parent_domain_applies(lookup: Lookup) -> None:
    assert (await found(lookup, "mail.two.example"))["DMARC"] == Judgement(
        "DMARC", True, "_dmarc.two.example: none, no reports (rua)"
    )


@pytest.mark.parametrize(
    ("record", "listed"),
    [
        ("v=spf1 a:out.good.example -all", True),
        ("v=spf1 a:out.good.example//64 -all", True),
        ("v=spf1 a:mx.good.example -all", False),
        ("v=spf1 A:mx.good.example/28//64 -all", True),
        ("v=spf1 mx:good.example -all", False),
        ("v=spf1 mx:good.example/24 -all", True),
        ("v=spf1 +ip4:192.0.2.7 -all", True),
        ("v=spf1 -ip4:192.0.2.7 -all", False),
        ("v=spf1 redirect=_spf.good.example", True),
        ("v=spf1 -all redirect=_spf.good.example", False),
        ("v=spf1 exp=mx.good.example -all", False),
    ],
)
async def test_a_record_lists_these_servers(lookup: Lookup, record: str, listed: bool) -> None:
    assert (await spf.walk(lookup, "elsewhere.example", record)).holds(OURS) is listed


@pytest.mark.parametrize(
    ("families", "is_rejected"), [((4,), True), ((6,), False), ((4, 6), True), ((), False)], ids=str
)
async def test_lookups_that_find_nothing_count_by_the_version_of_the_sender(
    lookup: Lookup, families: tuple[int, ...], is_rejected: bool
) -> None:
    record = "v=spf1 a:six.example a:gone1.example a:gone2.example -all"

    assert ((await spf.walk(lookup, "good.example", record, families)).problem is not None) is is_rejected


async def test_what_a_record_excludes_by_an_include_is_not_listed(lookup: Lookup) -> None:
    listed = await spf.walk(lookup, "a.example", "v=spf1 -include:_spf.good.example -all")

    assert (listed.networks, listed.lookups) == ([], 1)


@pytest.mark.parametrize("term", ["ip4:192.0.2.300", "ip6:nonsense", "a:good.example/x", "mx/99"])
async def test_an_invalid_term_is_named(lookup: Lookup, term: str) -> None:
    assert "is invalid" in str((await spf.walk(lookup, "good.example", f"v=spf1 {term} -all")).problem)


async def test_a_record_with_macros_is_not_judged_wrong(lookup: Lookup) -> None:
    assert (await found(lookup, "macro.example", OURS))["SPF"].well


@pytest.mark.parametrize(
    ("domain", "signing", "aligned"),
    [
        ("mail.two.example", "news.two.example", True),
        ("a.mail.two.example", "news.two.example", True),
        ("mail.empty.example", "news.empty.example", False),
        ("mail.co.example", "news.co.example", False),
        ("mail.two.example", "mail.good.example", False),
    ],
)
async def test_siblings_of_one_organization_are_aligned(
    lookup: Lookup, domain: str, signing: str, aligned: bool
) -> None:
    judged = await check_domain(lookup, MailDomain(domain, signing, KEYS))

    assert any(each.part == "DKIM domain" for each in judged) is not aligned


async def test_the_addresses_of_an_smtp_server_of_the_domain_are_found(lookup: Lookup) -> None:
    mail = MailDomain("good.example", smtp_host="out.good.example", email_from="other.example")
    judged = {judgement.part: judgement for judgement in await check_domain(lookup, mail)}

    assert judged["DKIM"].words.startswith("emails are not signed")
    assert judged["EMAIL_FROM"].words.startswith("EMAIL_FROM has the domain other.example")
    # 192.0.2.7 is for documentation only, and not an address from which the world gets email.
    assert judged["reverse DNS"].words.startswith("not checked")


async def test_a_failed_dns_query_is_reported(lookup: Lookup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_module, "QUERY_TIMEOUT", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        judged = await found(Lookup(ipaddress.ip_address("127.0.0.1"), silent.getsockname()[1]), "good.example")
    refused = await found(lookup, "elsewhere.test")

    assert [each.well for each in judged.values()] == [False, False, False, False, True]
    assert "DNS did not answer a query for good.example" in judged["SPF"].words
    assert refused["SPF"].words == "a DNS query for elsewhere.test failed (NoNameservers)"


def test_a_text_with_quotes_stays_one_string() -> None:
    assert rules.txt_record("a.example", r'x" \y') == r'a.example. IN TXT "x\" \\y"'


RSA_RECORD = KEYS[0].record()


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([RSA_RECORD, RSA_RECORD], "2 records"),
        (["v=DKIM1; k=rsa; p="], "revokes"),
        (["v=DKIM1; k=rsa"], "no DKIM key"),
        (["nonsense"], "no DKIM key"),
        ([RSA_RECORD.replace("k=rsa", "k=ed25519")], "another key"),
        ([RSA_RECORD.replace("p=M", "p=N")], "another key"),
        ([f"{RSA_RECORD}; t=y:s"], "t=y"),
        ([f"{RSA_RECORD}; h=sha1"], "excludes sha256"),
        ([f"{RSA_RECORD}; s=tlsrpt"], "excludes email"),
        ([f"{RSA_RECORD.removeprefix('v=DKIM1; ')}; v=DKIM1"], "first tag"),
    ],
)
def test_a_record_of_dkim_that_does_not_hold(records: list[str], words: str) -> None:
    judgement = rules.judge_dkim("example.com", KEYS[0], records)

    assert (judgement.well, words in judgement.words) == (False, True)


@pytest.mark.parametrize(
    "record",
    [RSA_RECORD, RSA_RECORD.removeprefix("v=DKIM1; k=rsa; "), f"{RSA_RECORD} ;t=s; n=x; h=sha1 : sha256; s=email"],
)
def test_a_record_of_dkim_may_be_written_in_many_ways(record: str) -> None:
    assert rules.judge_dkim("example.com", KEYS[0], [record]).well


@pytest.mark.parametrize("record", ["v=spf1 +all", "v=spf1 mx ?all", "v=spf1 all", "v=spf1 mx"])
def test_spf_that_does_not_keep_others_out(record: str) -> None:
    assert not rules.judge_spf("example.com", [record], []).well


@pytest.mark.parametrize(
    ("domain", "signing", "policy", "aligned"),
    [
        ("example.com", "example.com", {"adkim": "s"}, True),
        ("mail.example.com", "example.com", {}, True),
        ("example.com", "mail.example.com", {}, True),
        ("mail.example.com", "example.com", {"adkim": "s"}, False),
        ("example.com", "ample.com", {}, False),
    ],
)
def test_dmarc_counts_signatures_of_the_same_domain(
    domain: str, signing: str, policy: dict[str, str], aligned: bool
) -> None:
    assert (rules.judge_alignment(domain, signing, policy, is_shared=False) is None) is aligned


@pytest.mark.parametrize("records", [["v=DMARC1; p=none", "v=DMARC1; p=reject"], ["v=DMARC1; p=maybe"], ["v=DMARC1"]])
def test_a_policy_of_dmarc_that_does_not_count(records: list[str]) -> None:
    assert not rules.judge_dmarc("example.com", "example.com", records).well


def test_a_domain_that_takes_no_email_hears_of_no_bounce() -> None:
    assert not rules.judge_mail_servers("example.com", {"": []}).well


@pytest.mark.parametrize(
    "terms",
    [
        "ipv4:192.0.2.7 mx ~all",
        "include: _spf.google.com mx ~all",
        "ip4:2001:db8::1 mx ~all",
        "ip4=192.0.2.7 ~all",
        "include=_spf.example.com ~all",
        "mx: ~all",
        "ip6:192.0.2.7x ~all",
        "~all ip4:192.0.2.7",
        "192.0.2.7 ~all",
    ],
)
def test_a_term_that_receivers_do_not_read_is_named(terms: str) -> None:
    assert not rules.judge_spf("a.example", [f"v=spf1 {terms}"], []).well


@pytest.mark.parametrize(
    "terms",
    [
        "a mx ~all",
        "a:b.example/24//64 mx/30 -all",
        "ip4:192.0.2.0/24 ip6:2001:db8::/32 include:_spf.b.example ?exists:%{i}.b.example ~all",
        "redirect=b.example",
        "exp=c.example +mx ~all",
        "mx -all exp=c.example ",
        "x-mine=1 ptr ~ALL",
    ],
)
def test_every_term_of_spf_may_be_used(terms: str) -> None:
    assert rules.judge_spf("a.example", [f"v=spf1 {terms}"], []).well


@pytest.mark.parametrize("record", ["v=DMARC10; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1"])
def test_a_policy_begins_with_its_version(record: str) -> None:
    assert not rules.judge_dmarc("a.example", "a.example", [record]).well

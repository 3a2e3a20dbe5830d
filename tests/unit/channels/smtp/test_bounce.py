"""What a refusal says about the address."""

import pytest

from property_alert_notification.channels.callback import SuppressionCause
from property_alert_notification.channels.smtp.bounce import bounce_in_report, bounce_of, says_full
from property_alert_notification.channels.smtp.meaning import About
from property_alert_notification.channels.smtp.replies import read

HARD, SOFT = SuppressionCause.HARD_BOUNCE, SuppressionCause.SOFT_BOUNCE
GONE = [
    (550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown in local recipient table"),
    (550, "5.1.1 <x@example.com>: Recipient address rejected: undeliverable address: host said: 550 No Such User Here"),
    (550, "5.1.1 The email account that you tried to reach does not exist. Please check for typos - gsmtp"),
    (550, "5.2.1 The email account that you tried to reach is inactive"),
    (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    (550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    (550, "5.5.0 Requested action not taken: mailbox unavailable"),
    (554, "delivery error: dd This user doesn't have a yahoo.com account"),
    (550, "Unrouteable address"),
    (556, "5.1.10 recipient domain has null MX"),
    (551, "not our customer"),
    (550, "<x@example.com> not found"),
    (550, "no existe dicha persona"),
    (550, "Utilisateur inconnu"),
    (550, "Benutzer unbekannt"),
    (550, "5.7.1 No such user"),
    (550, "Der Empfänger existiert nicht"),
    (550, "Cet utilisateur n'existe pas"),
    (550, "Usuário desconhecido"),
    (550, "Onbekende gebruiker"),
    (550, "Пользователь не найден"),
    (550, "casella di posta inesistente"),
    (550, "all relevant MX records point to non-existent hosts"),
    (550, "an MX or SRV record indicated no SMTP service"),
    (553, "sorry, that recipient isn't in my validrcptto list (#5.7.1)"),
    # Advice that a server adds is no reason.
    (550, "5.1.1 User unknown; please verify the recipient's address and resend"),
    (550, "5.1.1 Recipient not found. Please contact the sender's administrator"),
    (550, "5.1.1 The account does not exist. Check the address for typos or unnecessary space. Try again later."),
    (550, "5.1.1 Please confirm the address with its owner"),
    (550, "Message was not accepted -- invalid mailbox. Local mailbox x@example.com is unavailable: user not found"),
    (550, "5.2.1 This mailbox has been blocked due to inactivity"),
    (553, "5.3.0 <x>... Addressee unknown, relay=[192.0.2.1]"),
]
FOR_NOW = [
    (552, "5.2.2 The email account that you tried to reach is over quota"),
    (550, "5.1.1 user over quota"),
    (550, "5.1.1 The recipient's mailbox is full"),
    (452, "4.2.2 The recipient's inbox is out of storage space"),
    (450, "4.2.0 Recipient address rejected: Greylisted"),
    (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages"),
]
NOT_ABOUT_THE_ADDRESS = [
    (550, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a block list"),
    (550, "5.7.26 This mail has been blocked because the sender is unauthenticated"),
    (550, "5.7.509 Access denied, sending domain example.com does not pass DMARC verification"),
    (550, "5.7.1 Relay access denied"),
    (550, "5.1.8 Sender address rejected: Domain not found"),
    (550, "sender verify failed: the account or domain may not exist"),
    (554, "5.7.1 Message rejected as spam"),
    (552, "5.3.4 Message size exceeds fixed maximum message size"),
    (554, "5.4.6 Too many hops"),
    (550, "5.7.1 The address used to send your message is not subscribed to this group"),
    (550, "you have been blocked by the recipient"),
    (550, "5.2.1 this user rejects mail of strangers"),
    (550, "5.7.1 Mail from unknown user not accepted"),
    (550, "Invalid HELO: host name does not exist"),
    (550, "5.7.1 this address only accepts mail from known contacts"),
    (550, "Rejected"),
    (550, "No thank you rejected: Account Unavailable: Possible Forgery"),
    (550, "Message contains unacceptable content; recipient not found in allow list"),
    (550, "5.7.1 recipient unknown? Your IP has sent mail to too many unknown users"),
    (554, "rejected because you are not in the recipient's address book: user does not know you"),
    # "User", "mailbox" and "address" are also said of those who live, and of us.
    (554, "5.7.1 The user does not wish to receive mail from you"),
    (550, "Recipient rejected message as unwanted"),
    (550, "user has rejected your message"),
    (550, "mailbox unavailable due to content rejected"),
    (550, "The user's mailbox doesn't accept attachments"),
    (550, "This mailbox does not receive external mail"),
    (554, "Your IP address is not valid for this domain"),
    (553, "mail rejected because your address is not valid"),
    (554, "invalid address in From header"),
    (503, "no valid recipients"),
    (554, "no valid recipients"),
    (550, "no such message"),
    (550, "5.1.1 You are not allowed to send to this address"),
    (552, "5.2.2 Sending quota exceeded"),
    (552, "5.2.3 quota exceeded for sender"),
]
NAMES = (
    "members@club.example", "ada@policlinic.example", "confirm@example.com", "private@example.com",
    "ada@blocked.example", "ada@private-bank.example", "ada@space.example", "full@example.com", "quota@example.com",
    "ada@storage.example", "ada@temporary.example", "ada@daily-news.example", "ada@spf.example", "banned@example.com",
    "ada@spamhaus.example", "relay.denied@example.com", '"sender rejected"@example.com', "tls.required@example.com",
)  # fmt: skip
"""Addresses that read like reasons."""


@pytest.mark.parametrize(("code", "text"), GONE)
def test_words_and_codes_that_mean_the_address_is_gone_are_a_hard_bounce(code: int, text: str) -> None:
    assert bounce_of(code, text) is HARD


@pytest.mark.parametrize(("code", "text"), FOR_NOW)
def test_a_full_mailbox_or_a_delay_is_a_soft_bounce_even_if_the_code_says_gone(code: int, text: str) -> None:
    assert bounce_of(code, text) is SOFT


@pytest.mark.parametrize(
    "text", ["4.2.2 try later", "4.2.2 Mailbox full", "mailbox is full", "over quota", "Insufficient disk space"]
)
def test_a_full_mailbox_is_said_by_its_code_or_in_words(text: str) -> None:
    assert says_full(text)


@pytest.mark.parametrize(
    "text",
    [
        "4.7.1 policy service temporarily unavailable",
        "4.7.1 Service unavailable - try again later",
        "Requested mail action not taken",
        "4.2.1 The user you are trying to contact is receiving mail too quickly",
        "4.7.1 Greylisted, see http://example.com",
        "4.7.0 Temporary rejected, spam-like",
    ],
)
def test_what_passes_within_hours_is_no_full_mailbox(text: str) -> None:
    assert not says_full(text)


@pytest.mark.parametrize(("code", "text"), NOT_ABOUT_THE_ADDRESS)
def test_what_is_about_sender_message_or_policy_is_no_bounce_of_the_address(code: int, text: str) -> None:
    assert bounce_of(code, text) is None


def test_after_the_message_only_a_server_without_doubt_speaks_of_the_recipient() -> None:
    assert (
        bounce_of(550, "5.1.1 <x@example.com>: Recipient address rejected: User unknown", verb="the final dot") is HARD
    )
    assert bounce_of(550, "No such user", verb="the final dot") is HARD
    assert bounce_of(550, "mailbox unavailable", verb="the final dot") is None


@pytest.mark.parametrize("name", NAMES)
def test_what_an_address_is_called_is_no_reason(name: str) -> None:
    unknown = f"5.1.1 <{name}>: Recipient address rejected: User unknown in virtual mailbox table"
    domain = name.rpartition("@")[2]
    assert read("RCPT", 550, unknown).about is About.RECIPIENT
    assert read("RCPT", 550, f"{name} user unknown").about is About.RECIPIENT
    assert bounce_of(550, unknown) is HARD
    assert bounce_of(550, f"{name}... User unknown") is HARD
    assert bounce_in_report("5.1.1", f"550 {unknown}") is HARD
    assert bounce_in_report("5.4.4", f"Host or domain name not found. Name service error for name={domain}") is HARD


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.1.1", "", HARD),
        ("5.1.1 (bad destination mailbox address)", "550 RCPT TO:<x> max message size exceeded", SOFT),
        ("5.2.2", "", SOFT),
        ("4.4.7 (delivery time expired)", "", SOFT),
        ("5.0.0", "host mx.example.com[192.0.2.1] said: 550 5.1.1 <x> unknown (in reply to RCPT TO)",
         HARD),
        ("5.0.0", "550-<x@example.com> is not a known user on this system; 550 see http://example.com", HARD),
        ("5.4.4", "Host or domain name not found. Name service error for name=example.invalid type=A", HARD),
        ("5.4.4", "Name service error for name=example.com type=MX: Malformed or unexpected name server reply", None),
        ("5.7.1", "550-5.7.1 [192.0.2.1 18] This message is likely unsolicited mail", None),
        ("5.0.0", "", None),
        ("5.1.0", "Domain example.net does not accept mail (nullMX)", HARD),
        ("5.1.2", "Sorry, I couldn't find any host by that name. (#4.1.2)", SOFT),
        ("5.1.2", "Sorry, I couldn't find any host by that name.", HARD),
        ("4.4.7", "550 4.4.7 QUEUE.Expired; message expired", SOFT),
        ("5.1.1", "550 5.0.0 rejected", HARD),
        ("5.1.1", "550 (Exim 4.96.2) rejected", HARD),
        ("", "", None),
        ("nonsense", "999 nonsense", None),
    ],
)  # fmt: skip
def test_a_report_is_read_by_its_diagnostic_first_and_by_its_status_without_one(
    status: str, diagnostic: str, expected: SuppressionCause | None
) -> None:
    assert bounce_in_report(status, diagnostic) is expected

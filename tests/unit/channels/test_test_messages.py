"""What comes of a test message, and where a redirected one goes."""

from typing import Any
from uuid import UUID

import pytest

from property_alert_notification.base.errors import ConfigurationError, OutcomeUnknown, Refused, RetryLater, SendError
from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import OutgoingMessage
from property_alert_notification.channels.redirect import check_redirects, redirect, redirections
from property_alert_notification.channels.simulator import simulate


def _message(to: str) -> OutgoingMessage:
    return OutgoingMessage(delivery_id=UUID(int=7), to=to, subject="A home for you", text="3 bedrooms")


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("temporary-failure@example.com", RetryLater),
        ("permanent-failure@example.com", Refused),
        ("unknown@example.com", OutcomeUnknown),
        ("Unknown+42@example.com", OutcomeUnknown),
        ("+14155550001", RetryLater),
        ("+14155550002", Refused),
        ("+14155550003", OutcomeUnknown),
    ],
)
def test_an_address_asks_for_its_outcome(address: str, outcome: type[SendError]) -> None:
    with pytest.raises(outcome, match=r"^a simulated") as caught:
        simulate(_message(address))

    assert address not in str(caught.value)


@pytest.mark.parametrize("address", ["ada@example.com", "ada+unknown@example.com", "0001@example.com", "+14155552671"])
def test_every_other_address_is_sent_to(address: str) -> None:
    assert simulate(_message(address)).provider_message_id == f"simulated-{UUID(int=7)}"


def test_a_redirected_email_has_the_intended_address_in_its_subject() -> None:
    settings = Settings(environment="staging", redirect_email_to="staging@example.com")

    targets = redirections(settings)

    assert list(targets) == [Channel("email")]
    sent = redirect(_message("ada@example.com"), targets[Channel("email")])
    kept = redirect(_message("+14155552671"), None)
    assert (sent.to, sent.subject) == ("staging@example.com", "[ada@example.com] A home for you")
    assert kept == _message("+14155552671")


def test_a_redirected_sms_goes_to_one_number() -> None:
    settings = Settings(environment="staging", redirect_sms_to="+14155550100")

    assert redirect(_message("+14155552671"), redirections(settings)[Channel("sms")]).to == "+14155550100"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"redirect_email_to": "a@example.com", "environment": "production"}, "REDIRECT_EMAIL_TO: with ENVIRONMENT="),
        ({"redirect_sms_to": "+14155550100", "environment": "production"}, "REDIRECT_SMS_TO: with ENVIRONMENT="),
        ({"redirect_email_to": "a@b@c"}, "REDIRECT_EMAIL_TO: .*Example: REDIRECT_EMAIL_TO=staging@example.com"),
        ({"redirect_sms_to": "12"}, r"REDIRECT_SMS_TO: .*Example: REDIRECT_SMS_TO=\+1"),
    ],
)
def test_a_redirection_that_cannot_be_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check_redirects(Settings(**{"environment": "staging", **settings}))


def test_redirections_that_can_be_are_accepted() -> None:
    check_redirects(
        Settings(environment="staging", redirect_email_to="team@example.com", redirect_sms_to="+14155550100")
    )

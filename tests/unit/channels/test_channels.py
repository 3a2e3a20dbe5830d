"""Each channel fits its definition, and callers name channels in one way only."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from property_alert_notification.base.settings import Settings
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import (
    ChannelDefinition,
    definition_of,
    provider_names,
    redirected_to,
    render,
)
from property_alert_notification.channels.edge import ChannelFields
from property_alert_notification.channels.registry import channel_and_provider, names
from property_alert_notification.messages.content import MessageContent

EMAIL, SMS = Channel("email"), Channel("sms")
ONLY_EMAIL = ChannelFields(
    "others", lambda definition: definition.address_field if definition.noun == "email" else None
)


class Body(BaseModel):
    """A call with a field for one channel, and a mapping for all others."""

    user_email: str | None = None
    others: dict[Channel, str] = {}


@pytest.mark.parametrize("channel", list(Channel))
def test_a_channel_has_a_name_that_every_store_takes_and_an_example_that_works(channel: Channel) -> None:
    definition = definition_of(channel)

    assert re.fullmatch(r"[a-z][a-z0-9_]{0,15}", channel)
    assert definition.can_receive(definition.example_address)
    assert definition.normalise(definition.example_address, real=True, sendable=True) == definition.example_address
    assert definition.example_provider in names(channel)
    assert render(channel, MessageContent("A home", "Come"), Settings()).text
    assert definition.label[0].isupper()


@pytest.mark.parametrize("channel", list(Channel))
def test_the_settings_of_a_channel_are_called_after_it(channel: Channel) -> None:
    settings = Settings(**{f"{channel}_provider": "console", f"redirect_{channel}_to": "anybody"})

    assert provider_names(channel, settings) == "console"
    assert redirected_to(channel, settings) == "anybody"
    assert [redirected_to(other, settings) for other in Channel if other is not channel] == [None] * (len(Channel) - 1)


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("sms_acme", ("sms", "acme")),
        ("email_smtp_relay", ("email", "smtp_relay")),
        ("any_console", ("any", "console")),
        ("sms_channel", ("sms", None)),
        ("registry", ("registry", None)),
        ("smtp_pool", ("smtp_pool", None)),
    ],
)
def test_the_name_of_a_file_has_its_channel_and_provider(file: str, found: tuple[str, str | None]) -> None:
    assert channel_and_provider(file) == found


@pytest.mark.parametrize("channel", list(Channel))
def test_a_provider_of_any_channel_carries_each(channel: Channel) -> None:
    assert {"console", "mailbox"} <= set(names(channel))
    assert "channel" not in names(channel)


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (Body(), {}),
        (Body(user_email=None), {}),
        (Body(user_email="a@example.com"), {EMAIL: "a@example.com"}),
        (Body(others={SMS: "+1"}), {SMS: "+1"}),
        (Body(user_email="a@example.com", others={SMS: "+1"}), {EMAIL: "a@example.com", SMS: "+1"}),
    ],
)
def test_given_values_are_read_by_channel(body: Body, given: dict[Channel, str]) -> None:
    assert dict(ONLY_EMAIL.given(body)) == given


def test_an_answer_has_the_mapping_only_for_channels_without_a_field() -> None:
    assert ONLY_EMAIL.shown({EMAIL: 1, SMS: 2}) == {"user_email": 1, "others": {SMS: 2}}
    assert ONLY_EMAIL.shown({EMAIL: 1}) == {"user_email": 1}


def test_a_channel_with_a_field_has_no_place_in_the_mapping() -> None:
    assert ONLY_EMAIL.check_place(SMS) is SMS
    with pytest.raises(ValueError, match="has a field of its own: user_email"):
        ONLY_EMAIL.check_place(EMAIL)
    assert (ONLY_EMAIL.name(EMAIL), ONLY_EMAIL.name(SMS)) == ("user_email", "others.sms")


def test_the_mapping_is_taken_only_if_a_channel_needs_it() -> None:
    every = ChannelFields("others", lambda definition: definition.noun)

    assert ONLY_EMAIL.check_needed({}) == {}
    with pytest.raises(ValueError, match="every channel has a field of its own, email and SMS"):
        every.check_needed({})


def test_the_mapping_is_documented_only_if_a_channel_needs_it() -> None:
    every = ChannelFields("others", lambda definition: definition.noun)

    def documented(fields: ChannelFields, **example: object) -> dict[str, Any]:
        schema: dict[str, Any] = {"properties": {"user_email": {}, "others": {}}}
        fields.documented(**example)(schema)
        return schema

    assert documented(ONLY_EMAIL, user_email="a") == {
        "properties": {"user_email": {}, "others": {}},
        "examples": [{"user_email": "a"}],
    }
    assert documented(every) == {"properties": {"user_email": {}}}


def test_a_channel_definition_has_a_label_for_the_start_of_a_sentence() -> None:
    def called(noun: str) -> str:
        definition = definition_of(SMS)
        fields = {name: getattr(definition, name) for name in ChannelDefinition.__dataclass_fields__}
        return ChannelDefinition(**fields | {"noun": noun}).label

    assert (called("email"), called("SMS"), called("push message")) == ("Email", "SMS", "Push message")

"""How callers name channels: `email` and `sms` have fields of their own, every other channel has a place in a mapping.

This is the only place that turns the one into the other. Everything behind it has mappings by channel.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel

from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.definition import ChannelDefinition, definition_of


class ChannelFields:
    """The fields of a call that hold one value for each channel."""

    def __init__(self, mapping: str, field_of: Callable[[ChannelDefinition], str | None]) -> None:
        """`mapping` is the field for all channels for which `field_of` finds none."""
        self._mapping = mapping
        self._field_of = field_of

    @cached_property
    def _own(self) -> dict[Channel, str]:
        fields = {channel: self._field_of(definition_of(channel)) for channel in Channel}
        return {channel: field for channel, field in fields.items() if field is not None}

    @property
    def _is_needed(self) -> bool:
        return len(self._own) < len(Channel)

    def name(self, channel: Channel) -> str:
        """Where callers give the value of a channel."""
        return self._own.get(channel, f"{self._mapping}.{channel}")

    def given(self, body: BaseModel) -> Iterator[tuple[Channel, Any]]:
        """The given value of each channel, without fields that are null or left out."""
        named = body.model_fields_set
        for channel, field in self._own.items():
            if field in named and (value := getattr(body, field)) is not None:
                yield channel, value
        if others := getattr(body, self._mapping):
            yield from others.items()

    def removed(self, body: BaseModel) -> Iterator[Channel]:
        """The channels whose values a change removes: null in a field of their own, or missing in a given mapping."""
        for channel in Channel:
            field = self._own.get(channel, self._mapping)
            if field in body.model_fields_set and not (
                channel in getattr(body, field) if field == self._mapping else getattr(body, field) is not None
            ):
                yield channel

    def left_out(self, body: BaseModel) -> dict[Channel, str]:
        """The channels whose own fields a caller left out, with the fields. Null is not left out."""
        named = body.model_fields_set
        return {channel: field for channel, field in self._own.items() if field not in named}

    def shown(self, values: Mapping[Channel, Any]) -> dict[str, Any]:
        """The fields of an answer with these values."""
        others = {channel: value for channel, value in values.items() if channel not in self._own}
        fields = {field: values[channel] for channel, field in self._own.items()}
        return {**fields, self._mapping: others} if others else fields

    def check_place(self, channel: Channel) -> Channel:
        """The channel, if the mapping is its place.

        Raises:
            ValueError: it has a field of its own.
        """
        if (field := self._own.get(channel)) is not None:
            raise ValueError(f"has a field of its own: {field}")
        return channel

    def check_needed(self, values: dict[Channel, Any]) -> dict[Channel, Any]:
        """The values of the mapping, if any channel needs it.

        Raises:
            ValueError: every channel has a field of its own.
        """
        if not self._is_needed:
            raise ValueError(
                f"is not used here: every channel has a field of its own, {' and '.join(self._own.values())}"
            )
        return values

    def documented(self, **example: object) -> Callable[[dict[str, Any]], None]:
        """Complete the schema of a body with its example; hide the mapping if no channel needs it."""

        def complete(schema: dict[str, Any]) -> None:
            if not self._is_needed:
                schema["properties"].pop(self._mapping, None)
            if example:
                schema["examples"] = [example]

        return complete


ADDRESSES = ChannelFields("addresses", lambda definition: definition.address_field)
"""Where a notification goes, by channel."""
SWITCHES = ChannelFields("channels", lambda definition: definition.preference_field)
"""Which channels a user wants."""

Value = TypeVar("Value")

ByAddressedChannel = Annotated[
    dict[Annotated[Channel, AfterValidator(ADDRESSES.check_place)], Value], AfterValidator(ADDRESSES.check_needed)
]
BySwitchedChannel = Annotated[
    dict[Annotated[Channel, AfterValidator(SWITCHES.check_place)], Value], AfterValidator(SWITCHES.check_needed)
]

"""The fields of a category in API calls, in `CATEGORIES_FILE` and in the store."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from property_alert_notification.api.known_fields import Strict
from property_alert_notification.base import durations
from property_alert_notification.base.vocabulary import CategoryKind, Channel, Frequency
from property_alert_notification.base.wording import Truth
from property_alert_notification.people.categories.rules import Category, OnUnknown


def _duration(value: Any) -> Any:
    if value is None or isinstance(value, timedelta):
        return value
    return durations.parse(value if isinstance(value, str) else "")


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(durations.written, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{durations.FORM}$", "examples": ["2h"]}),
]


class CategoryDefinition(Strict):
    """The properties of all messages of one category. A field that is left out has its default."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [{"kind": "promotional", "default": {"email": "daily"}, "message_ttl": "2d"}],
        },
    )

    kind: CategoryKind
    """A `transactional` message responds to an action of the user. Legal windows and caps apply to `promotional`
    ones."""
    required: Truth = False
    """Users cannot refuse a required category, but can switch the channel off. Only for transactional categories."""
    default: dict[Channel, Frequency] = Field(default_factory=dict)
    """The frequency by channel for users without a preference for the category; `asap` for a channel that is left
    out."""
    message_ttl: Duration | None = None
    """How long after its acceptance, or after its `send_at`, a message may be sent: `90s`, `30min`, `2h`, `5d`.
    Null means the setting `MESSAGE_TTL`."""
    on_unknown: OnUnknown | None = None
    """What the worker does if it is unknown whether a provider took a message: `resend` sends it once more; `give_up`
    ends it as failed, which never repeats a message and may lose it. Null means `resend`."""
    confirm_opt_in: Truth = False
    """Users confirm each opt-in, by a link in a message of its channel or by an SMS with `YES`. Until then they receive
    nothing of the category on this channel. Not for required categories."""

    @field_validator("required")
    @classmethod
    def _only_if_transactional(cls, required: bool, info: ValidationInfo) -> bool:
        if required and info.data.get("kind") is CategoryKind.PROMOTIONAL:
            raise ValueError("must be false for a promotional category: users may always refuse those")
        return required

    @field_validator("confirm_opt_in")
    @classmethod
    def _only_if_not_required(cls, confirm_opt_in: bool, info: ValidationInfo) -> bool:
        if confirm_opt_in and info.data.get("required"):
            raise ValueError("must be false for a required category: its users do not opt in")
        return confirm_opt_in

    def named(self, name: str) -> Category:
        """The category of this name with these properties."""
        return Category(name, **values_of(self))

    @classmethod
    def of(cls, category: Category) -> Self:
        """The definition of a category."""
        return cls.model_validate(values_of(category))


class StoredDefinition(CategoryDefinition):
    """A definition in the store; it may have fields of a newer version."""

    model_config = ConfigDict(extra="ignore")


def values_of(category: Category | CategoryDefinition) -> Mapping[str, Any]:
    """The values of the fields of a category's definition."""
    return {name: getattr(category, name) for name in CategoryDefinition.model_fields}

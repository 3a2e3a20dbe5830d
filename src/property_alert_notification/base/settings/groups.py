"""What all groups of settings share: their sources, and the rules for every value."""

from typing import Any, cast, get_args

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from property_alert_notification.base.settings.env_file import EnvFileSource


class SettingsGroup(BaseSettings):
    """The base of all groups of settings: their sources, and how their fields are documented."""

    model_config = SettingsConfigDict(extra="ignore", use_attribute_docstrings=True, allow_inf_nan=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file. A source that sets no field is left out.

        Pydantic takes two milliseconds to look up the fields of a group, and a process reads a dozen groups.
        """
        environment = cast(EnvSettingsSource, env_settings)
        prefix = environment.env_prefix
        names = {f"{prefix}{field}".lower() for field in settings_cls.model_fields}
        sources = (environment, EnvFileSource(settings_cls, env_prefix=prefix))
        return init_settings, *(source for source in sources if not names.isdisjoint(source.env_vars))

    @field_validator("*", mode="before")
    @classmethod
    def _tidy(cls, value: Any, info: ValidationInfo) -> Any:
        """Strip blanks around a value, except in a secret."""
        if not isinstance(value, str):
            return value
        annotation = cls.model_fields[str(info.field_name)].annotation
        tidy = value if SecretStr in (annotation, *get_args(annotation)) else value.strip()
        if not tidy.isprintable():
            raise ValueError("has a line break or another character that cannot be printed")
        return tidy


class ProviderSettings(SettingsGroup):
    """The settings of every provider that is reached over a network."""

    rate: float | None = Field(None, gt=0, le=10_000, examples=["10"])
    """The maximum number of messages per second of all workers together, as the account allows: 1.25 is 75 a minute.
    Without it each worker learns the rate of the provider."""

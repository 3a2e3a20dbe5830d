"""The settings of matchers: `MATCHER_…`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.settings import SettingsGroup


class MatcherSettings(SettingsGroup):
    """How matching is divided among matchers. docs/alerts.md describes it."""

    model_config = SettingsConfigDict(env_prefix="MATCHER_", env_ignore_empty=True)

    shards: int = Field(1, ge=1, le=64)
    """Into how many shards users are divided: as many matchers work at the same time. It is the same for all matchers;
    one with another number waits until the others have stopped, and then divides users anew."""

"""The settings of saved searches: `SEARCH_…`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.settings import SettingsGroup


class SearchSettings(SettingsGroup):
    """How many searches a user may save, and what is remarkable about one. docs/searches.md describes them."""

    model_config = SettingsConfigDict(env_prefix="SEARCH_", env_ignore_empty=True)

    limit_per_user: int = Field(100, ge=1, le=100_000)
    """The maximum number of saved searches of one user, active or paused."""

    unopened_days: float = Field(60.0, ge=0, le=3_650)
    """Days from the first match that a user does not look at until the user is asked whether the search is still
    wanted. After twice as long the search alerts once a week, after four times once a month, and after six times it is
    paused. 0: never."""

    too_many_matches: int = Field(500, ge=1, le=1_000_000)
    """The number of homes on the market that a search may match. If it matches more, its user is warned, and a preview
    names the condition to narrow."""

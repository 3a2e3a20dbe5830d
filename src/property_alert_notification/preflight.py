"""Checks the settings before a process starts, without connecting to anything.

`check`, `api` and `worker` ask here, so that one refuses what the others refuse.
"""

from collections.abc import Iterator

from property_alert_notification.base.console import complain
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, SettingsGroup, given_names, load, variable_name
from property_alert_notification.base.settings.env_file import env_file, read_env_file
from property_alert_notification.base.settings.listening import check_metrics_address
from property_alert_notification.base.settings.store_url import sqlite_file, sqlite_problem
from property_alert_notification.base.settings.unknown_settings import find_mistake
from property_alert_notification.channels.redirect import check_redirects
from property_alert_notification.channels.registry import check_any_used, check_choices, settings_groups
from property_alert_notification.feedback.bounces.settings import BounceSettings
from property_alert_notification.homes.alerts.settings import MatcherSettings
from property_alert_notification.homes.feeds.settings import FeedSettings, configured_feeds
from property_alert_notification.homes.listings.settings import ListingSettings
from property_alert_notification.homes.saved_searches.settings import SearchSettings
from property_alert_notification.people.categories.category_file import configured_categories
from property_alert_notification.people.directory.settings import UserServiceSettings
from property_alert_notification.people.hours.windows_file import configured_windows


def load_settings() -> Settings:
    """Read the settings of the service, and warn of variables that are misspelled settings.

    Raises:
        ConfigurationError: a value cannot be used.
    """
    settings = load(Settings)
    for warning in warnings():
        complain(f"warning: {warning}")
    return settings


def check_settings(settings: Settings) -> None:
    """Make sure that a process can start with these settings, as far as it can be checked on this machine.

    Raises:
        ConfigurationError: it cannot; one line that names the variable.
    """
    check_choices(settings)
    check_together(settings)
    check_store_file(settings.database_url)


def check_together(settings: Settings) -> None:
    """Make sure that settings which are about neither a provider nor the store go together, and fit this machine.

    Raises:
        ConfigurationError: they do not.
    """
    _check_removed()
    check_secrets(settings)
    _check_links(settings)
    check_any_used(settings)
    configured_categories(settings.categories_file)
    configured_windows(settings.legal_windows_file)
    load(UserServiceSettings)
    load(ListingSettings)
    configured_feeds()
    load(SearchSettings)
    load(MatcherSettings)
    check_redirects(settings)
    check_metrics_address(settings.worker_metrics_host, settings.worker_metrics_port)


def check_secrets(settings: Settings) -> None:
    """Make sure that secrets are given where they have to be.

    Raises:
        ConfigurationError: they are not.
    """
    if settings.secret_keys is None and not settings.is_local:
        raise ConfigurationError(
            "SECRET_KEYS: needed unless ENVIRONMENT=local, for the suppression list. "
            "Make one with: openssl rand -hex 32"
        )


def _check_links(settings: Settings) -> None:
    """Make sure that links in messages are signed, lead to this service, and do so over TLS."""
    if settings.is_local:
        return
    if settings.signing_keys is None:
        raise ConfigurationError(
            "SIGNING_KEYS: needed unless ENVIRONMENT=local, for the links in messages. "
            "Make one with: openssl rand -hex 32"
        )
    if settings.public_url is None or not settings.public_url.startswith("https://"):
        problem = "needed unless ENVIRONMENT=local" if settings.public_url is None else "must begin with https://"
        raise ConfigurationError(
            f"PUBLIC_URL: {problem}, for the links in messages. Example: PUBLIC_URL=https://alerts.example.com"
        )


_REMOVED = {
    "AT_MOST_ONCE_CATEGORIES": 'is no setting any more. Say on_unknown = "give_up" of each of its categories in '
    "CATEGORIES_FILE, or by PUT /api/v1/categories/{name}, and remove it",
}
"""Settings of earlier versions that a process must not ignore, and what to do about them."""


def _check_removed() -> None:
    environment, file = given_names()
    for name in (*environment, *file):
        if (advice := _REMOVED.get(name.upper())) is not None:
            raise ConfigurationError(f"{name}: {advice}")


def check_store_file(url: str) -> None:
    """Make sure that the file of a SQLite store can be used, or be made.

    Raises:
        ConfigurationError: it cannot.
    """
    problem = sqlite_problem(sqlite_file(url)) if url.startswith("sqlite") else None
    if problem:
        raise ConfigurationError(
            f"DATABASE_URL: the store cannot be used ({problem}). Example: DATABASE_URL=sqlite:////var/lib/alerts/app.db"
        )


def all_settings_groups() -> Iterator[type[SettingsGroup]]:
    """Every group of settings: the service's own, those of its parts, each provider's, and those of returned emails."""
    own, *providers = settings_groups()
    yield own
    yield UserServiceSettings
    yield ListingSettings
    yield FeedSettings
    yield SearchSettings
    yield MatcherSettings
    yield from providers
    yield BounceSettings


def warnings() -> list[str]:
    """One line for each variable that is a misspelled setting, or that is set twice."""
    groups = list(all_settings_groups())
    settings = {variable_name(group, field) for group in groups for field in group.model_fields}
    prefixes = {prefix for group in groups if (prefix := str(group.model_config.get("env_prefix", "")).upper())}
    environment, file = given_names()
    found = [find_mistake(name, settings, prefixes) for name in environment]
    found += [f"{env_file()}: {words}" for name in file if (words := find_mistake(name, settings, prefixes))]
    repeated = read_env_file(env_file()).repeated
    found += [f"{env_file()}: {name} is set twice, and the last one counts" for name in repeated]
    return [words for words in found if words is not None]

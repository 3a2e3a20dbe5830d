"""Settings: defaults that work, and one line for each that does not."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, SettingsGroup, load, variable_name
from property_alert_notification.base.vocabulary import Environment
from property_alert_notification.channels.registry import check_choices
from property_alert_notification.channels.smtp.settings import SmtpSettings


class Secretive(SettingsGroup):
    model_config = SettingsConfigDict(env_prefix="SECRETIVE_")

    token: SecretStr = Field(min_length=10, examples=["ten-letters"])


def test_without_any_setting_it_is_sqlite_and_the_embedded_broker() -> None:
    settings = load(Settings)

    assert settings.is_local
    assert settings.database_url == "sqlite+aiosqlite:///./app.db"
    assert settings.queue_broker_url == "embedded://"
    assert (settings.email_provider, settings.sms_provider) == ("mailbox", "mailbox")


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text('PROJECT_NAME="From the file"\nQUEUE_ROUTING_KEY=file\nUNKNOWN=1\n')
    monkeypatch.setenv("QUEUE_ROUTING_KEY", "environment")

    settings = load(Settings)

    assert (settings.project_name, settings.queue_routing_key) == ("From the file", "environment")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///./a.db", "sqlite+aiosqlite:///./a.db"),
        ("sqlite+aiosqlite:///./a.db", "sqlite+aiosqlite:///./a.db"),
        ("postgres://a:b@c/d", "postgresql+asyncpg://a:b@c/d"),
        ("postgresql://a:b@c/d", "postgresql+asyncpg://a:b@c/d"),
        ("postgresql+asyncpg://a:b@c/d", "postgresql+asyncpg://a:b@c/d"),
    ],
)
def test_a_url_that_other_tools_take_works_here(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv("DATABASE_URL", given)

    assert load(Settings).database_url == used


def test_words_may_be_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "PRODUCTION")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")

    settings = load(Settings)

    assert (settings.environment, settings.log_level) == (Environment.PRODUCTION, "warning")
    assert settings.logs_as_json


def test_providers_stand_in_the_order_in_which_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_PROVIDER", "smtp, smtp@backup")

    assert load(Settings).email_provider == "smtp,smtp@backup"


def test_how_long_messages_are_of_use_is_one_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(Settings).default_ttl == timedelta(days=5)

    monkeypatch.setenv("MESSAGE_TTL", "36h")
    assert load(Settings).default_ttl == timedelta(hours=36)

    monkeypatch.setenv("MESSAGE_TTL", "5d,viewing=2h")
    with pytest.raises(ConfigurationError, match=r"CATEGORIES_FILE, for example \[viewing\].*Example: MESSAGE_TTL=5d"):
        load(Settings)


def test_a_second_instance_has_settings_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_HOST", "first.example.com")
    monkeypatch.setenv("SMTP_PORT", "25")
    monkeypatch.setenv("SMTP_BACKUP_HOST", "second.example.com")

    first, second = load(SmtpSettings), load(SmtpSettings, "backup")

    assert (first.host, first.port) == ("first.example.com", 25)
    assert (second.host, second.port) == ("second.example.com", 587)


def test_an_instance_may_not_be_called_so_that_a_variable_means_two_things() -> None:
    with pytest.raises(ConfigurationError, match="SMTP_FINAL_TIMEOUT: means something else already"):
        load(SmtpSettings, "final")


@pytest.mark.parametrize(
    ("variable", "value", "example"),
    [
        ("EMAIL_PROVIDER", "smtp;mailbox", "EMAIL_PROVIDER=smtp"),
        ("EMAIL_PROVIDER", "smtp,smtp", "EMAIL_PROVIDER=smtp"),
        ("SMS_PROVIDER", "", "SMS_PROVIDER=twilio"),
        ("MESSAGE_TTL", "viewing=2h", "MESSAGE_TTL=5d"),
        ("MESSAGE_TTL", "soon", "MESSAGE_TTL=5d"),
        ("ENVIRONMENT", "prod", "ENVIRONMENT=production"),
        ("DATABASE_URL", "mysql://a/b", "DATABASE_URL=postgresql://"),
        ("DATABASE_URL", "app.db", "DATABASE_URL=postgresql://"),
        ("QUEUE_BROKER_URL", "redis://a", "QUEUE_BROKER_URL=amqp://"),
        ("QUEUE_ROUTING_KEY", "two words", "QUEUE_ROUTING_KEY=property_alert"),
        ("LEASE", "soon", "LEASE=20"),
        ("RETRY_MAX_ATTEMPTS", "0", "RETRY_MAX_ATTEMPTS=8"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL=info"),
        ("ALLOW_REMOTE", "perhaps", "ALLOW_REMOTE=False"),
        ("SIGNING_KEYS", "short", "SIGNING_KEYS=another-secret"),
        ("PUBLIC_URL", "alerts.example.com", "PUBLIC_URL=https://alerts.example.com"),
        ("PUBLIC_URL", "ftp://alerts.example.com", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https:///u", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example/?x=1", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example/#x", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example/a b", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example/a\r\nBcc: x", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example\r\nBcc: x", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a%0d%0a.example", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example/<script>", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example/a/../b", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://user:secret@a.example", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://a.example:99999", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", "https://häuser.example", "PUBLIC_URL=https://"),
        ("PUBLIC_URL", f"https://a.example/{'x' * 800}", "PUBLIC_URL=https://"),
    ],
)
def test_a_wrong_value_is_one_line_with_variable_problem_and_example(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, example: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError) as caught:
        load(Settings)

    line = str(caught.value)
    assert line.startswith(f"{variable}: ")
    assert f"Example: {example}" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://alerts.example.com", "https://alerts.example.com"),
        ("https://alerts.example.com/", "https://alerts.example.com"),
        ("https://example.com:8443/alerts/v2/", "https://example.com:8443/alerts/v2"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://xn--huser-gra.example", "https://xn--huser-gra.example"),
        ("", "http://localhost:8000"),
    ],
)
def test_links_begin_with_the_public_url(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", given)

    assert load(Settings).base_url == used


def test_two_wrong_values_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASE", "0")
    monkeypatch.setenv("LOG_FORMAT", "xml")

    with pytest.raises(ConfigurationError, match=r"LEASE: .*; LOG_FORMAT: "):
        load(Settings)


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETIVE_TOKEN", "short")

    with pytest.raises(ConfigurationError) as caught:
        load(Secretive)

    assert str(caught.value).startswith("SECRETIVE_TOKEN: ")
    assert "short" not in str(caught.value).removeprefix("SECRETIVE_TOKEN: ").replace("shorter", "")


def test_a_missing_value_is_named_with_an_example() -> None:
    with pytest.raises(ConfigurationError, match=r"SECRETIVE_TOKEN: .*Example: SECRETIVE_TOKEN=ten-letters"):
        load(Secretive)


def test_every_setting_has_a_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert variable_name(Settings, name) == name.upper()


@pytest.mark.parametrize("variable", ["EMAIL_PROVIDER", "SMS_PROVIDER"])
def test_a_channel_may_be_unused_but_not_beside_a_provider(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "none")
    check_choices(load(Settings))
    monkeypatch.setenv(variable, "none,mailbox")
    with pytest.raises(ConfigurationError, match=variable):
        load(Settings)


def test_a_service_that_uses_no_channel_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="EMAIL_PROVIDER: every channel has the provider none"):
        check_choices(Settings(email_provider="none", sms_provider="none"))

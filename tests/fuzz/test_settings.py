"""Whatever is written into a setting: it works, or is refused by one line that names the variable and no secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, load, variable_name
from property_alert_notification.base.settings.broker_url import broker_urls
from property_alert_notification.base.settings.store_url import shown
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.base import Tools
from property_alert_notification.channels.registry import create_sender, settings_groups
from property_alert_notification.database import Database
from property_alert_notification.preflight import check_settings, warnings
from tests.fuzz.budget import budget
from tests.services.clock import SameDay

MARK = "s3cr3t"
USABLE = {
    "EMAIL_FROM": "alerts@example.com",
    "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBER": "+15005550006",
    "SMS_HTTP_URL": "https://sms.example.com/messages",
}
VARIABLES = sorted(variable_name(group, field) for group in settings_groups() for field in group.model_fields)
SPECIAL = [
    "",
    " ",
    "nan",
    "inf",
    "-1",
    "0",
    "1e999",
    "9" * 400,
    "5s",
    "true ",
    "None",
    "\u0663",
    "[::1]",
    "::",
    "../..",
    "é",
    "x" * 5_000,
]

letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
text = st.text(letters, max_size=40)
spiky = st.text(st.sampled_from("#/?@%:&=,[]+\\ \"'\u00e9"), max_size=8)
hosts = st.sampled_from(["db", "db:5432", "[::1]:5432", "a:1,b:2", "::1", "db:port", "", "%2Frun", "d b", "db:99999"])
tails = st.sampled_from(
    ["", "/", "/alerts", "/a/b", "/x?sslmode=require", "/x?heartbeat=5", "/x?sslmode=?", "/x?a=b", "?", "#"]
)


@st.composite
def urls(draw: st.DrawFn) -> str:
    scheme = draw(st.sampled_from(["postgresql", "postgres", "amqp", "amqps", "sqlite", "http", "embedded", "x"]))
    password = f"{draw(spiky)}{MARK}{draw(spiky)}"
    return f"{scheme}://{draw(st.sampled_from(['u', '', 'u@x']))}:{password}@{draw(hosts)}{draw(tails)}"


@contextmanager
def environment(**values: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


def start() -> None:
    """All that a start does before it reaches anything."""
    settings = load(Settings)
    warnings()
    check_settings(settings)
    shown(settings.database_url)
    if not settings.queue_broker_url.startswith("embedded"):
        broker_urls(settings.queue_broker_url)
    tools = Tools(settings, Database(settings.database_url), SameDay(), print)
    for channel, provider in ((Channel("email"), "smtp"), (Channel("sms"), "twilio"), (Channel("sms"), "http")):
        create_sender(channel, provider, tools)


def assert_it_starts_or_is_refused(*names: str) -> None:
    try:
        start()
    except ConfigurationError as refusal:
        words = str(refusal)
        assert words.startswith(tuple(f"{name}: " for name in names)), words
        assert words.isprintable()
        assert MARK not in words
        assert not any(foreign in words for foreign in ("Input", "String should", "Value error")), words


@given(st.sampled_from(VARIABLES), text | st.sampled_from(SPECIAL) | urls())
@example("SHUTDOWN_GRACE", "nan")
@example("WORKER_METRICS_HOST", "::")
@example("DATABASE_URL", f"postgresql://u:{MARK}@db:port/x")
@example("QUEUE_BROKER_URL", f"amqp://u:{MARK}?x=1@q:port/")
@budget(share=3)
def test_a_setting_works_or_is_refused_in_one_line(name: str, value: str) -> None:
    with environment(**USABLE | {name: value}):
        # Without a number its service alone is left, and a kind of it that has no settings of its own.
        assert_it_starts_or_is_refused(name, "TWILIO_FROM_NUMBER", "SMTP_STARTTLS")


@given(st.sampled_from(["DATABASE_URL", "QUEUE_BROKER_URL", "SMS_HTTP_URL", "TWILIO_BASE_URL", "SMTP_HOST"]), urls())
@budget(share=3)
def test_a_url_works_or_is_refused_without_its_password(name: str, value: str) -> None:
    with environment(**USABLE | {name: value}):
        assert_it_starts_or_is_refused(name)


@given(
    st.binary(max_size=80)
    | st.builds(lambda name, value: f"{name}={value}\n".encode(), st.sampled_from(VARIABLES), text)
)
@budget(share=2)
def test_a_file_of_settings_works_or_is_refused_in_one_line(content: bytes) -> None:
    file = Path(".env")
    file.write_bytes(content)
    try:
        with environment(**USABLE):
            assert_it_starts_or_is_refused(".env", *VARIABLES)
    finally:
        file.unlink()

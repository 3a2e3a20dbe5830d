"""`.env` as people save it."""

from pathlib import Path

import pytest

from property_alert_notification import preflight
from property_alert_notification.base.errors import ConfigurationError
from property_alert_notification.base.settings import Settings, load
from property_alert_notification.base.settings.env_file import read_env_file, use_env_file
from property_alert_notification.base.settings.unknown_settings import find_mistake

ENV = Path(".env")
LINES = "# ours\n; and systemd's\nexport PROJECT_NAME=\"From # the file\"\n\nLEASE = 30 # seconds\nLOG_LEVEL='debug'\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_any_editor_may_have_saved_it(encoding: str, newline: str) -> None:
    ENV.write_bytes(LINES.replace("\n", newline).encode(encoding))

    settings = load(Settings)

    assert (settings.project_name, settings.lease, settings.log_level) == ("From # the file", 30, "debug")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"LEASE=30\nPROJECT_NAME: s3cret\n", "line 2 is not NAME=value"),
        (b"\n\nLEASE\n", "line 3 is not NAME=value"),
        (b'PROJECT_NAME="s3cret\n', "line 1 is not NAME=value"),
        (b"PROJECT_NAME=s3cret\xff\n", "no text in UTF-8"),
        (b"PROJECT_NAME=s3cret\0\n", "NUL"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(content: bytes, words: str) -> None:
    ENV.write_bytes(content)

    with pytest.raises(ConfigurationError, match=words) as caught:
        load(Settings)

    assert str(caught.value).startswith(".env: ")
    assert "s3cret" not in str(caught.value)


def test_a_folder_of_its_name_is_refused() -> None:
    ENV.mkdir()

    with pytest.raises(ConfigurationError, match=r"\.env: cannot be read \(Is a directory\)"):
        load(Settings)


def test_a_file_that_was_named_has_to_be_there() -> None:
    with pytest.raises(ConfigurationError, match=r"production\.env: cannot be read"):
        use_env_file(Path("production.env"))


def test_the_last_of_two_lines_counts_and_is_warned_of() -> None:
    ENV.write_text("LEASE=30\nLEASE=40\n")

    assert load(Settings).lease == 40
    assert read_env_file(ENV).repeated == ("LEASE",)
    assert preflight.warnings() == [".env: LEASE is set twice, and the last one counts"]


def test_a_misspelt_name_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    ENV.write_text("EMAIL_PROVDER=smtp\nCOMPOSE_PROJECT_NAME=x\n")
    monkeypatch.setenv("SMTP_PASWORD", "s3cret")

    assert preflight.warnings() == [
        "SMTP_PASWORD is no setting. Did you mean SMTP_PASSWORD?",
        ".env: EMAIL_PROVDER is no setting. Did you mean EMAIL_PROVIDER?",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_URLS", "DATABASE_URL"),
        ("database_ulr", "DATABASE_URL"),
        ("LEASES", "LEASE"),
        ("DATABASE_URL", None),
        ("database_url", None),
        ("PLEASE_WAIT", None),
        ("HOME", None),
        ("SMTP_BACKUP_HOST", None),
    ],
)
def test_names_that_are_nearly_those_of_settings(name: str, meant: str | None) -> None:
    words = find_mistake(name, {"DATABASE_URL", "LEASE", "SMTP_HOST"}, {"SMTP_"})

    assert words == (None if meant is None else f"{name} is no setting. Did you mean {meant}?")


def test_nothing_else_begins_like_the_settings_of_a_provider() -> None:
    assert find_mistake("SMTP_COLOUR", {"SMTP_HOST"}, {"SMTP_"}) == "SMTP_COLOUR is no setting"

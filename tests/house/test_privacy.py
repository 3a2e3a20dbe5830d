"""Every table and every column has a declaration that says how the data of a person is exported and erased."""

from pathlib import Path

from property_alert_notification.base.settings import Settings
from property_alert_notification.database.migrations.tables import METADATA
from property_alert_notification.operators.privacy.declaration import Erasure
from property_alert_notification.operators.privacy.registry import TABLES

PAGE = Path(__file__).parents[2] / "docs/privacy.md"
PERSONAL = {
    "address",
    "addresses",
    "email",
    "html",
    "message",
    "name_of_user",
    "phone_number",
    "raw",
    "recipient",
    "sender",
    "text",
    "title",
    "user",
    "user_id",
}
"""Names of columns that hold data of people."""


def test_every_table_is_declared() -> None:
    assert set(TABLES) == set(METADATA.tables)


def test_every_column_of_a_table_about_people_is_exported_or_hidden() -> None:
    for name, declared in TABLES.items():
        columns = set(METADATA.tables[name].columns.keys())
        if declared.is_personal:
            assert sorted(f"{declared.exported} {declared.hidden}".split()) == sorted(columns), name
            assert declared.column in columns, name
            assert set(declared.blank) <= columns, name
            assert bool(declared.blank) == (declared.erasure is Erasure.BLANK), name
        else:
            assert (declared.exported, declared.hidden, declared.column) == ("", "", ""), name
            assert PERSONAL & columns == set(), name


def test_a_period_that_is_a_setting_exists() -> None:
    words = {word for declared in TABLES.values() for word in declared.kept.split("`") if word.isupper()}

    assert [word for word in words - _OF_OTHERS if word.lower() not in Settings.model_fields] == []


_OF_OTHERS = {"USER_SERVICE_STALE_HOURS", "LISTING_RETENTION_DAYS"}


def test_the_page_about_personal_data_has_every_table() -> None:
    lines = PAGE.read_text().splitlines()
    for name, declared in TABLES.items():
        how = (("yes" if declared.exported else "no"), declared.erasure.value) if declared.is_personal else ("", "")
        line = "|".join(f" {cell} " if cell else " " for cell in (f"`{name}`", declared.holds, declared.kept, *how))

        assert f"|{line}|" in lines, name

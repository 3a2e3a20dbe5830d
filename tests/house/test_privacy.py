"""Every table and every column has a declaration that says how the data of a person is exported and erased."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_table_about_people_is_exported_or_hidden(name: str) -> None:
    declared, columns = TABLES[name], METADATA.tables[name].columns

    if declared.is_personal:
        assert sorted(f"{declared.exported} {declared.hidden}".split()) == sorted(columns.keys())
        assert declared.column in columns
        assert set(declared.blank) <= set(columns.keys())
        assert bool(declared.blank) == (declared.erasure is Erasure.BLANK)
    else:
        assert (declared.exported, declared.hidden, declared.column) == ("", "", "")
        assert PERSONAL & set(columns.keys()) == set()


@pytest.mark.parametrize("name", TABLES)
def test_a_period_that_is_a_setting_exists(name: str) -> None:
    words = [word for word in TABLES[name].kept.split("`") if word.isupper()]

    assert [word for word in words if word.lower() not in Settings.model_fields and word not in _OF_OTHERS] == []


_OF_OTHERS = {"USER_SERVICE_STALE_HOURS", "LISTING_RETENTION_DAYS"}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_about_personal_data_has_the_table(name: str) -> None:
    declared = TABLES[name]
    how = (("yes" if declared.exported else "no"), declared.erasure.value) if declared.is_personal else ("", "")
    line = "|".join(f" {cell} " if cell else " " for cell in (f"`{name}`", declared.holds, declared.kept, *how))

    assert f"|{line}|" in PAGE.read_text().splitlines()

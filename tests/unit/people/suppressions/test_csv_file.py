"""Reading and writing the suppression list as CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import Channel
from property_alert_notification.channels.address_rules import AddressRules
from property_alert_notification.people.suppressions import csv_file
from property_alert_notification.people.suppressions.csv_file import NotImported
from property_alert_notification.people.suppressions.entry import NewEntry, merge
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope
from property_alert_notification.people.suppressions.subjects import Subjects
from tests.unit.people.suppressions import NOW

NORMALISE = AddressRules(real=True).normalise
SUBJECTS = Subjects([b"a secret of at least thirty-two characters"])


def read(text: str) -> list[NewEntry | NotImported]:
    return list(csv_file.read(io.StringIO(text, newline=""), NORMALISE))


def test_columns_come_in_any_order_and_what_is_missing_has_a_default() -> None:
    text = (
        "\N{ZERO WIDTH NO-BREAK SPACE}Reason, ADDRESS ,channel,other,expires_at\r\n"
        '"hard_bounce","Ada@EXAMPLE.com",email,x,\r\n'
        ",+1 415 555 2671,SMS,,2027-01-31T00:00:00+01:00\r\n"
    )
    bounced, other = read(text)

    assert bounced == NewEntry(SuppressionReason.HARD_BOUNCE, Channel("email"), "Ada@example.com")
    expiry = datetime(2027, 1, 30, 23, tzinfo=UTC)
    assert other == NewEntry(SuppressionReason.IMPORTED, Channel("sms"), "+14155552671", expires_at=expiry)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("email,nobody,,,,", "address"),
        ("fax,ada@example.com,,,,", "channel: must be one of"),
        (",ada@example.com,,,,", "channel: is required"),
        ("email,ada@example.com,,because,,", "reason: must be one of"),
        ("email,ada@example.com,,,tomorrow,", "expires_at: "),
        ("email,ada@example.com,,,9999-12-31T00:00:00Z,", "expires_at: "),
        ("email,ada@example.com,,,,Big Words", "category: "),
        ("email,,-7,,,", "user_id: "),
        ("email,,9223372036854775808,,,", "user_id: "),
        ("email,,\N{SUPERSCRIPT TWO},,,", "user_id: "),
        ("email,,,,,", "no address, no user_id"),
        ("\0,\0,,,,", "channel: "),
        ('"never closed,x,,,,', "a quote is not closed"),
        ('email,ada@example.com,,,,"x', "a quote is not closed"),
    ],
)
def test_a_line_that_is_no_entry_is_refused_without_repeating_it_and_the_others_are_read(
    line: str, problem: str
) -> None:
    header = "channel,address,user_id,reason,expires_at,category\n"
    first, second = read(f"{header}email,grace@example.com,,,,\n{line}\n")[:2]

    assert isinstance(first, NewEntry)
    assert isinstance(second, NotImported)
    assert (second.line, problem in second.problem) == (3, True)
    assert "nobody" not in second.problem


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quote_that_is_never_closed_spoils_its_own_line_only(end: str) -> None:
    lines = [
        "user_id,note",
        "1,fine",
        '2,"begins',
        *["3,more"] * 3_000,
        '4,an inch is 1"',
        '5,"a ""quote"""',
        "6,\u2028",
    ]
    entries = read("".join(f"{line}{end}" for line in lines))

    assert [one.line for one in entries if isinstance(one, NotImported)] == [3]
    notes = [one.note for one in entries if isinstance(one, NewEntry) and one.user_id != 3]
    assert notes == ["fine", 'an inch is 1"', 'a "quote"', None]


@pytest.mark.parametrize("text", ["", "\n", "name,reason\nada,manual\n", "ada@example.com\n"])
def test_a_file_without_names_of_columns_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match="must begin with a line that names its columns"):
        read(text)


def test_what_is_exported_is_imported_as_it_was() -> None:
    new = NewEntry(
        SuppressionReason.UNSUBSCRIBE,
        Channel("email"),
        user_id=7,
        category="listing_alert",
        note="=HYPERLINK(1)\r\nmore",
        expires_at=NOW + timedelta(days=1),
    )
    row = new.row(SUBJECTS, id_=UUID(int=1), now=NOW, added_by="test")
    text = io.StringIO()
    csv.writer(text).writerows([csv_file.COLUMNS, csv_file.line_of(row)])

    [again] = read(text.getvalue())
    assert isinstance(again, NewEntry)
    assert again.scope is SuppressionScope.PROMOTIONAL
    stored = again.row(SUBJECTS, id_=row.id, now=NOW, added_by="test")
    assert stored.note == "'=HYPERLINK(1) more"  # a spreadsheet must not calculate it
    assert stored.model_dump(exclude={"note"}) == row.model_dump(exclude={"note"})


def test_of_two_lines_about_the_same_the_wider_scope_and_the_later_expiry_are_kept() -> None:
    header = "channel,address,scope,expires_at\n"
    lines = [
        "email,ada@example.com,promotional,2027-01-01T00:00:00Z\n",
        "email,ada@example.com,all,2026-12-30T00:00:00Z\n",
        "email,ada@example.com,promotional,2026-12-31T00:00:00Z\n",
        "email,grace@example.com,all,\n",
        "email,grace@example.com,promotional,2026-12-31T00:00:00Z\n",
    ]
    for order in (lines, lines[::-1]):
        rows = [
            entry.row(SUBJECTS, id_=UUID(int=1), now=NOW, added_by="test")
            for entry in read(header + "".join(order))
            if isinstance(entry, NewEntry)
        ]
        kept = {(one.scope, one.expires_at) for one in merge(rows)}
        assert kept == {("all", datetime(2027, 1, 1, tzinfo=UTC)), ("all", None)}

"""The suppression list as a CSV file (RFC 4180): what is exported can be imported, under the same SECRET_KEYS."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from property_alert_notification.api.fields import INT64_MAX
from property_alert_notification.base import times
from property_alert_notification.base.csv_text import cell
from property_alert_notification.base.errors import InvalidField
from property_alert_notification.base.vocabulary import CATEGORY, Channel
from property_alert_notification.people.suppressions.entry import NewEntry
from property_alert_notification.people.suppressions.models import StoredSuppression
from property_alert_notification.people.suppressions.rules import SuppressionReason, SuppressionScope

COLUMNS = ("subject", "about", "channel", "reason", "scope", "category", "note", "created_at", "expires_at")
"""Of an export. An import reads `address` or `user_id` in place of `subject` and `about`, and ignores other columns."""
LONGEST_LINE = 2_000

Normalise = Callable[[Channel, str], str]
"""Gives the form of an address that is stored, or raises InvalidField."""

Word = TypeVar("Word", bound=StrEnum)

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_ABOUT = frozenset({"address", "user_id", "subject"})
_SUBJECT = re.compile(r"[0-9a-f]{32}")


class NotImported(NamedTuple):
    """A line that is no entry; it says what to do, and repeats nothing of the line."""

    line: int
    problem: str


def read(lines: Iterable[str], normalise: Normalise) -> Iterator[NewEntry | NotImported]:
    """The entries of a file, and the lines that are none.

    Raises:
        InvalidField: the first line names no column by which an entry says whom it is about.
    """
    numbered = enumerate(lines, start=1)
    names = _columns(next(numbered, (1, ""))[1])
    for line, text in numbered:
        try:
            if values := _values(text):
                yield entry_of(_tidy(names, values), normalise)
        except InvalidField as fault:
            yield NotImported(line, f"{fault.field}: {fault.problem}")
        except (ValueError, csv.Error) as fault:
            yield NotImported(line, str(fault))


def _columns(line: str) -> list[str]:
    """The names of the columns.

    Raises:
        InvalidField: the line has none by which an entry says whom it is about.
    """
    names = [name.strip().lower() for name in line.removeprefix(_BYTE_ORDER_MARK).replace('"', "").split(",")]
    if not _ABOUT & set(names):
        raise InvalidField(
            "file", "must begin with a line that names its columns: address and channel, or user_id, or subject"
        )
    return names


def _values(line: str) -> list[str]:
    """The values of one line. Each is read by itself: after a quote that is never closed the next one counts again.

    Raises:
        ValueError: a value has no end in this line.
        csv.Error: its quotes are none.
    """
    text = line.replace("\0", "\N{REPLACEMENT CHARACTER}").rstrip("\r\n")[:LONGEST_LINE]
    reader = csv.reader((text, ""))
    values = next(reader, [])
    if reader.line_num > 1:
        raise ValueError("a quote is not closed; an entry is one line")
    return values


def _tidy(names: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """The values by the names of their columns."""
    return {name: value.strip() for name, value in zip(names, values, strict=False) if name}


def entry_of(row: Mapping[str, str], normalise: Normalise) -> NewEntry:
    """The entry of one row.

    Raises:
        ValueError: it is none.
    """
    channel = _one_of(Channel, row, "channel")
    reason = _one_of(SuppressionReason, row, "reason") or SuppressionReason.IMPORTED
    entry = NewEntry(
        reason,
        channel,
        scope=_one_of(SuppressionScope, row, "scope"),
        category=_matching(row, "category", CATEGORY),
        note=row.get("note", "")[:200] or None,
        expires_at=_moment(row, "expires_at"),
    )
    if address := row.get("address"):
        if channel is None:
            raise ValueError("channel: is required with an address")
        return entry._replace(address=normalise(channel, address))
    if user_id := row.get("user_id"):
        if not user_id.isdecimal() or not user_id.isascii() or int(user_id) > INT64_MAX:
            raise ValueError("user_id: must be a whole number")
        return entry._replace(user_id=int(user_id))
    if subject := row.get("subject"):
        about = row.get("about")
        if not _SUBJECT.fullmatch(subject) or about not in ("address", "user"):
            raise ValueError("subject: must be the hash of an exported entry, with its column about")
        return entry._replace(subject=subject, about=about)
    raise ValueError("it has no address, no user_id and no subject")


def _one_of(kind: type[Word], row: Mapping[str, str], name: str) -> Word | None:
    if not (value := row.get(name, "").lower()):
        return None
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name}: must be one of {', '.join(kind)}") from None


def _matching(row: Mapping[str, str], name: str, pattern: str) -> str | None:
    if (value := row.get(name)) and not re.fullmatch(pattern, value):
        raise ValueError(f"{name}: must be small letters, digits, - and _")
    return value or None


def _moment(row: Mapping[str, str], name: str) -> datetime | None:
    if not (value := row.get(name)):
        return None
    try:
        return times.parse(value)
    except ValueError as fault:
        raise ValueError(f"{name}: {fault}") from None


def line_of(entry: StoredSuppression) -> list[str]:
    """The row of an export."""
    values = (getattr(entry, "reason_code" if name == "reason" else name) for name in COLUMNS)
    return [times.in_words(value) if isinstance(value, datetime) else cell(value or "") for value in values]

"""The declaration of a table: whose data it has, and how the rows of a person are found, exported and erased. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

ERASED_USER = -1
"""The `user_id` of what remains of the notifications of erased users. User ids are never negative."""


class FoundBy(StrEnum):
    """How the rows of a person are found."""

    NOTHING = "nothing"
    """The table has no data of people who get messages."""
    USER = "user"
    """A column has the id of the user."""
    USER_HASH = "user_hash"
    """A column has the keyed hash of the user's id."""
    SUBJECT = "subject"
    """A column has the keyed hash of the user's id, or of an address of the user."""
    ADDRESS = "address"
    """A column has an address of the user; the column `channel` has its channel."""
    NOTIFICATION = "notification"
    """A column has the id of a notification of the user."""
    DELIVERY = "delivery"
    """A column has the id of a delivery of the user."""
    EVENT = "event"
    """A column has the id of an event about the user. Such rows are not exported."""


class Erasure(StrEnum):
    """What erasure does to the rows of a person."""

    DELETE = "deleted"
    BLANK = "blanked"
    """What is personal in them is overwritten; the rest stays for counts and for callers."""
    KEEP = "kept"
    """They hold no more than a keyed hash."""


@dataclass(frozen=True, slots=True)
class Table:
    """The declaration of one table."""

    holds: str
    """What its rows are, in the words of docs/privacy.md."""
    kept: str
    """How long, in the words of docs/privacy.md."""
    found_by: FoundBy = FoundBy.NOTHING
    column: str = ""
    """The column by which its rows are found."""
    exported: str = ""
    """The names of the columns in an export, separated by spaces."""
    hidden: str = ""
    """The names of the other columns: they only have a meaning within this service."""
    erasure: Erasure = Erasure.DELETE
    blank: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """The new values of the columns that are overwritten."""
    section: str | None = None
    """The name of the rows in an export; None means that of the table."""

    @property
    def is_personal(self) -> bool:
        """Whether it has data of people who get messages."""
        return self.found_by is not FoundBy.NOTHING

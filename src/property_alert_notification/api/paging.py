"""Pages of a list: where one ends and the next one begins. Unless a list says otherwise, it has the newest first."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field

_VERSION = b"\x01"
"""Of the form of a cursor; another form gets another number, so that an old cursor is refused and not misread."""


LAST_ID = UUID(int=2**128 - 1)
"""Below it are all ids; what SQLite keeps in a column of ids and is none may be above it."""


class HasId(Protocol):
    """An item of a list whose ids grow with time."""

    @property
    def id(self) -> UUID:
        """What the list is ordered by."""


Item = TypeVar("Item", bound=HasId)


def page_of(found: Sequence[Item], limit: int) -> tuple[Sequence[Item], UUID | None]:
    """The page, and the id below which the next one begins; None when this page is the last.

    `found` holds one item more than the page when another page follows.
    """
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None


def start_of(cursor: str | None) -> UUID | None:
    """The id below which a page begins, or above which if the oldest is first; None for the first page.

    Raises:
        ValueError: `to_cursor` did not write the cursor.
    """
    return None if cursor is None else from_cursor(cursor)


def next_cursor(last: UUID | None) -> str | None:
    """The cursor of the page that begins after this id, the last one of its page; None when there is none."""
    return None if last is None else to_cursor(last)


def to_cursor(last: UUID) -> str:
    """An id as callers see it: opaque, and safe in a URL."""
    return urlsafe_b64encode(_VERSION + last.bytes).decode().rstrip("=")


def from_cursor(cursor: str) -> UUID:
    """The id in a cursor.

    Raises:
        ValueError: `to_cursor` did not write it.
    """
    try:
        content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        last = UUID(bytes=content.removeprefix(_VERSION))
    except (binascii.Error, ValueError):
        raise ValueError("is not a cursor of this list") from None
    if to_cursor(last) != cursor:
        raise ValueError("is not a cursor of this list")
    return last


def _is_a_cursor(cursor: str) -> str:
    from_cursor(cursor)
    return cursor


PageCursor = Annotated[str, Field(max_length=100), AfterValidator(_is_a_cursor)]
"""The field of a call that names the begin of its page."""

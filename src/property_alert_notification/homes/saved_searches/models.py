"""The tables of saved searches.

`saved_searches` has what users see and change. `saved_search_versions` has what the matcher reads: one row for each
version of a search in which it was active. A version begins and ends at a number from the same counter as those of
`listing_changes`. So changes of listings and edits of searches are in one order, that of their commits.
"""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from property_alert_notification.database import partial_index, time_type

HAS_ENDED = "until_at IS NOT NULL"
HAS_FIRST_ALERT = "first_alert_at IS NOT NULL"
IS_CHECKED = "check_at IS NOT NULL"
"""The conditions of partial indexes. A query must repeat their exact text to use the index."""


class SavedSearch(SQLModel, table=True):
    """A saved search as its user sees it."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_saved_searches_user", "user_id", "id"),
        partial_index("ix_saved_searches_first_alert", "first_alert_at", where=HAS_FIRST_ALERT),
        partial_index("ix_saved_searches_check", "check_at", where=IS_CHECKED),
    )

    id: UUID = Field(primary_key=True)
    """The SavedSearchKey."""
    number: int = Field(sa_type=BigInteger)
    """Counts all searches that were ever saved, without gaps: the index and the match log use it in place of the id."""
    person: int = Field(sa_type=BigInteger)
    """The number of its user, as `search_people` has it."""
    user_id: int = Field(sa_type=BigInteger)
    name: str = Field(max_length=255)
    version: int
    """Every change of the search raises it."""
    query_type: str = Field(max_length=16)
    """A QueryType: the form in which the query was given."""
    query: str = Field(sa_type=Text)
    """The query as it was given."""
    expression: str = Field(sa_type=Text)
    """The compiled query, as `criteria` writes it."""
    schedule_type: str = Field(max_length=16)
    """A ScheduleType."""
    daily_schedule: str = Field(max_length=255)
    """Half days such as `MondayAM`, separated by spaces; empty if the schedule needs none."""
    channels: str | None = Field(default=None, max_length=255)
    """The channels of its alerts, separated by spaces; None means all that the user wants."""
    change_types: str = Field(max_length=255)
    """The ChangeTypes that lead to alerts, separated by commas."""
    concierge: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether its alerts are on hold until they are approved."""
    active: bool
    reason_code: str | None = Field(default=None, max_length=64)
    """A SearchReason; None for a search that was never changed."""
    expected_per_day: float | None = Field(default=None)
    """How many alerts a day the query would have led to, when it was saved; None if there was no history."""
    warnings: str = Field(max_length=255)
    """The SearchWarnings of the time when it was saved, separated by spaces."""
    created_at: datetime = Field(sa_type=time_type())
    changed_at: datetime = Field(sa_type=time_type())
    first_alert_at: datetime | None = Field(default=None, sa_type=time_type())
    """When its first alert is due, which has all that match; None if there is none, or if it was made."""
    check_at: datetime | None = Field(default=None, sa_type=time_type())
    """When it is looked at next: whether anybody needs it as it is."""
    viewed_at: datetime | None = Field(default=None, sa_type=time_type())
    """When its user looked at it last, as far as it is known."""
    unseen_since: datetime | None = Field(default=None, sa_type=time_type())
    """Since when there is something that its user has not looked at, as its checks know it; None for nothing."""
    ignored: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many steps were taken since then because its user does not look at it."""
    usual_schedule: str | None = Field(default=None, max_length=300)
    """The schedule before such a step: the ScheduleType and its half days, separated by spaces."""
    told_at: datetime | None = Field(default=None, sa_type=time_type())
    """When its user was told last that nothing matches."""
    told_too_many: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether its user was told that it matches too many."""

    @classmethod
    def of(cls, **values: Any) -> "SavedSearch":
        """One with these values.

        SQLAlchemy notes each value that a new one gets. To copy an empty one takes a twentieth of that time.
        """
        return _empty().model_copy(update=values)


@cache
def _empty() -> SavedSearch:
    return SavedSearch(**dict[str, Any]())


class SavedSearchVersion(SQLModel, table=True):
    """What the matcher knows of a search, from one number of `listing_changes` to another.

    A version applies to the changes with a number above `from_sequence` and below `until_sequence`.
    """

    __tablename__ = "saved_search_versions"
    __table_args__ = (
        Index("ix_saved_search_versions_from", "from_sequence"),
        Index("ix_saved_search_versions_until", "until_sequence"),
        Index("ix_saved_search_versions_user", "user_id"),
        partial_index("ix_saved_search_versions_ended", "until_at", where=HAS_ENDED),
    )

    search_number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    person: int = Field(sa_type=BigInteger)
    user_id: int = Field(sa_type=BigInteger)
    """For export and erasure, which find it by this column."""
    from_sequence: int = Field(sa_type=BigInteger)
    until_sequence: int | None = Field(default=None, sa_type=BigInteger)
    """None while the version is current. A later version, a pause and a deletion end it."""
    from_at: datetime = Field(sa_type=time_type())
    until_at: datetime | None = Field(default=None, sa_type=time_type())
    query_type: str = Field(max_length=16)
    query: str = Field(sa_type=Text)
    expression: str = Field(sa_type=Text)
    """Empty after its user was erased."""
    schedule_type: str = Field(max_length=16)
    change_types: str = Field(max_length=255)
    packed: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The packed form of the expression, as `matching` writes it; None if the version ended, or is not packed yet."""


class MatchedDays(SQLModel, table=True):
    """On which day each of some searches matched last.

    A change may match hundreds of searches: with a row for thousands of them it need not change a row for each.
    """

    __tablename__ = "matched_days"

    block: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """The numbers of its searches, divided by 4,096."""
    days: str = Field(sa_type=Text)
    """Their days, as `matched_days` encodes them."""


class SearchPerson(SQLModel, table=True):
    """The number of a user who has, or had, a saved search.

    The told ledger and the match log only have this number. When its user is erased this row is deleted, so that what
    they have names nobody.
    """

    __tablename__ = "search_people"
    __table_args__ = (UniqueConstraint("user_id"),)

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """Counts all people without gaps."""
    user_id: int = Field(sa_type=BigInteger)

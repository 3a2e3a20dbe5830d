"""The tables of alerts.

`told` and `match_log` know people and searches by their numbers alone. `matchers` has how far matching has come: it
changes in the same transaction as the others, so that after a crash nobody is told twice and nobody is left out. Each
of its rows is a shard, which has rows of its own in `told` and `match_log`: two shards never write to one row.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from property_alert_notification.database import time_type


class MatcherLease(SQLModel, table=True):
    """A shard: whose searches it has, which matcher works on it, and how far it has come."""

    __tablename__ = "matchers"

    shard: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Its number, which no later shard gets again when people are divided into another number of shards."""
    part: int = Field(sa_column_kwargs={"server_default": "0"})
    parts: int = Field(sa_column_kwargs={"server_default": "1"})
    """It has the searches of the people whose number leaves `part` when it is divided by `parts`."""
    holder: UUID | None = None
    """The matcher process that holds the lease."""
    fence: int = Field(sa_type=BigInteger)
    """Raised when another matcher takes the lease, so that the one before can commit no more."""
    leased_until: datetime | None = Field(default=None, sa_type=time_type())
    position: int = Field(sa_type=BigInteger)
    """The last number of `listing_changes` and of edits of searches that is done."""
    wanted_by: UUID | None = None
    """The matcher process that has read its searches and asks for it, because it works on fewer shards."""
    wanted_until: datetime | None = Field(default=None, sa_type=time_type())


class Told(SQLModel, table=True):
    """The people of one shard who were told a fact by a listing, and so of the home of this listing."""

    __tablename__ = "told"
    __table_args__ = (Index("ix_told_changed", "changed_at"),)

    listing_id: UUID = Field(primary_key=True)
    """The listing whose change told it. Which home that is may become known only later."""
    fact: str = Field(primary_key=True, max_length=64)
    """The key of the fact, as `news` makes it."""
    shard: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False, "server_default": "0"})
    """The shard that wrote it; it may have ended since."""
    people: str = Field(sa_type=Text)
    """Their numbers, as `numbers` packs them."""
    sequence: int = Field(sa_type=BigInteger)
    """The number of the change that told it last. No statement reads it; it stays like the columns of `match_log`."""
    changed_at: datetime = Field(sa_type=time_type())


class MatchLogEntry(SQLModel, table=True):
    """The searches of one shard that a change of a listing concerns."""

    __tablename__ = "match_log"
    __table_args__ = (Index("ix_match_log_made", "made_at"),)

    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """The number of the change."""
    shard: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False, "server_default": "0"})
    """The shard that wrote it; it may have ended since."""
    listing_id: UUID
    property_id: UUID
    """Neither is read by a statement. They stay, because matchers of the version before insert them, and SQLite would
    copy the whole log to drop them."""
    matches: str = Field(sa_type=Text)
    """The searches, and whether the listing was new to each, as `match_log.entries` writes them."""
    made_at: datetime = Field(sa_type=time_type())


class DroppedMatches(SQLModel, table=True):
    """Searches that matched a change of which their users were not told, for one reason.

    A transaction adds a row for each change and reason, so that two of them never write to one row: each search is in
    one of them.
    """

    __tablename__ = "dropped_matches"

    sequence: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """The number of the change."""
    reason_code: str = Field(primary_key=True, max_length=32)
    """A ReasonCode."""
    first_search: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """The lowest of the searches."""
    searches: str = Field(sa_type=Text)
    """Their numbers, as `numbers` packs them."""


class Alert(SQLModel, table=True):
    """What a notification tells a person of a home, so that it can be looked at again before it is sent.

    A first alert is about several homes, and has a row for each. The home is that of the listing, so that it is found
    after homes were merged or split.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_listing", "listing_id", "person", "sequence"),)

    notification_id: UUID = Field(primary_key=True, foreign_key="notifications.id", ondelete="CASCADE")
    listing_id: UUID = Field(primary_key=True)
    person: int = Field(sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    """The number of the newest change that it tells; a first alert tells what holds, after all changes up to it."""
    details: str = Field(sa_type=Text)
    """What its text is made of, as JSON."""
    left_out: str | None = Field(default=None, max_length=64)
    """Why a first alert does not name this home: the code of a reason."""
    facts: str | None = Field(default=None, sa_type=Text)
    """The keys of the facts that it tells, joined by `stored_keys`. None for a home that a first alert does not
    name, and in alerts of earlier versions."""
    senders: str | None = Field(default=None, sa_type=Text)
    """The numbers of the searches by which it is sent, joined likewise."""


class UnsentAlert(SQLModel, table=True):
    """Why an alert was not sent whose notification is not kept any more: the ledger alone would say that it was."""

    __tablename__ = "unsent_alerts"
    __table_args__ = (
        Index("ix_unsent_alerts_listing", "listing_id", "person"),
        Index("ix_unsent_alerts_user", "user_id"),
    )

    notification_id: UUID = Field(primary_key=True)
    listing_id: UUID = Field(primary_key=True)
    user_id: int = Field(sa_type=BigInteger)
    person: int = Field(sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    """As in `alerts`, like the other columns of this name."""
    facts: str | None = Field(default=None, sa_type=Text)
    senders: str | None = Field(default=None, sa_type=Text)
    approval: str | None = Field(default=None, max_length=16)
    """As in `notifications`."""
    channel: str = Field(max_length=16)
    """That of the delivery that has this reason; empty if it is no reason of a delivery."""
    reason_code: str | None = Field(default=None, max_length=32)
    """A ReasonCode; None if that is not recorded."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)


class SearchNotice(SQLModel, table=True):
    """Which saved search a notification is about that tells of no home: a notice, or a first alert without homes.

    It can be looked at again before it is sent.
    """

    __tablename__ = "search_notices"

    notification_id: UUID = Field(primary_key=True, foreign_key="notifications.id", ondelete="CASCADE")
    search_number: int = Field(sa_type=BigInteger)
    version: int | None = None
    """The version of the search that it is about; None for a first alert, which an edit does not end."""


class ApprovalSearch(SQLModel, table=True):
    """A saved search that asked for the approval of a notification."""

    __tablename__ = "approval_searches"

    notification_id: UUID = Field(primary_key=True, foreign_key="notifications.id", ondelete="CASCADE")
    search_number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


class ApprovalFact(SQLModel, table=True):
    """A fact that an alert tells once it is approved. Then it comes into the told ledger.

    `alerts.facts` has only the keys. Here is also which listing tells each fact: if its home is split before the
    approval, the fact goes with this listing.
    """

    __tablename__ = "approval_facts"
    __table_args__ = (Index("ix_approval_facts_listing", "listing_id", "fact"),)

    notification_id: UUID = Field(primary_key=True, foreign_key="notifications.id", ondelete="CASCADE")
    listing_id: UUID = Field(primary_key=True)
    """The listing whose change tells it."""
    fact: str = Field(primary_key=True, max_length=64)
    person: int = Field(sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    """The number of the change."""
    in_first_alert: bool
    """Whether it is one of a first alert, which tells what holds, also if its user was told."""


class SearchDigest(SQLModel, table=True):
    """When the matches of a search that does not alert at once are submitted for the next digest."""

    __tablename__ = "search_digests"
    __table_args__ = (Index("ix_search_digests_due", "due_at"),)

    search_number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    person: int = Field(sa_type=BigInteger)
    sequence: int = Field(sa_type=BigInteger)
    """The matches up to this number are submitted."""
    due_at: datetime = Field(sa_type=time_type())
    closes_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the digest is made that they are submitted for; None until it is computed."""

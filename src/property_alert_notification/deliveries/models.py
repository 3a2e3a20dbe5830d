"""Deliveries, one for each channel of a notification, and their attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import time_type
from property_alert_notification.deliveries import states
from property_alert_notification.deliveries.states import COLLECTED, is_in

OPEN = is_in(states.OPEN)
"""The condition of a partial index; a query must contain exactly this text for the index to be used."""

FULFILLED = is_in((DeliveryState.SENT, DeliveryState.DELIVERED))
"""The condition of another: ends that only the delivery's row shows, and not its notification's row."""

IS_LEASED, IS_HELD, IS_QUARANTINED = (
    is_in(states.LEASED),
    is_in((DeliveryState.HELD,)),
    is_in((DeliveryState.QUARANTINED,)),
)
"""The conditions of three more."""

HAS_HOLDER = "held_by IS NOT NULL"
"""The condition of the index of what is held or collected; a comparison with what holds it implies it."""

HAS_PROVIDER_MESSAGE_ID = "provider_message_id IS NOT NULL"
"""The condition of the index of attempts; a comparison with an id implies it."""


class Delivery(SQLModel, table=True):
    """A notification on one channel to one address.

    The row is its own outbox entry: what has a `due_at` that has come is what the relay, or the embedded broker,
    offers to the workers.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel", "address"),
        # Ended deliveries have no due_at: the index holds open ones only, so its cost does not grow with history.
        Index(
            "ix_deliveries_due",
            "channel",
            "urgent",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        # Leases, apart from a backlog that may be long.
        Index(
            "ix_deliveries_leased",
            "due_at",
            sqlite_where=text(IS_LEASED),
            postgresql_where=text(IS_LEASED),
        ),
        # What is open, newest notification first, for lists.
        Index("ix_deliveries_open", "notification_id", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        # Deliveries that were sent, likewise.
        Index(
            "ix_deliveries_fulfilled",
            "state",
            "notification_id",
            sqlite_where=text(FULFILLED),
            postgresql_where=text(FULFILLED),
        ),
        # What waits for an operator, and what waits for an operator's other word: rare, and found at once.
        Index(
            "ix_deliveries_quarantined",
            "id",
            sqlite_where=text(IS_QUARANTINED),
            postgresql_where=text(IS_QUARANTINED),
        ),
        # What something holds or a digest window has collected, by what that is.
        Index(
            "ix_deliveries_holder",
            "held_by",
            sqlite_where=text(HAS_HOLDER),
            postgresql_where=text(HAS_HOLDER),
        ),
    )

    id: UUID = Field(primary_key=True)
    notification_id: UUID = Field(foreign_key="notifications.id", ondelete="CASCADE")
    channel: str = Field(max_length=16)
    address: str = Field(max_length=320)
    urgent: bool
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Goes to the simulator, never to a real provider."""
    state: str = Field(max_length=16)
    """A DeliveryState."""
    reason_code: str | None = Field(default=None, max_length=32)
    """A ReasonCode: why it is in this state."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    """What the reason's sentence needs, as JSON; None when it needs nothing."""
    held_by: str | None = Field(default=None, max_length=80)
    """What holds it while it is `held`: `pause:` and the pause's name, or the Rule of its user or the law; and for one
    that is or was collected, `digest:` and its window."""
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker handles it next: to send it or, while `sending`, to rescue it if its lease ran out."""
    published_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the relay last published it to the broker; None once a worker has claimed it."""
    fence: int = 0
    """Counts claims. Only the worker that holds the current one may settle the delivery."""
    attempts: int = Field(default=0, sa_type=SmallInteger)
    """Attempts made, but for those that failed because their provider was down."""
    unknowns: int = Field(default=0, sa_type=SmallInteger)
    """Attempts whose outcome is unknown."""
    replayed_at: datetime | None = Field(default=None, sa_type=time_type())
    """When an operator last had it tried again: attempts are counted from there."""
    changed_at: datetime = Field(sa_type=time_type())

    @property
    def reason(self) -> str:
        """Why it is in this state, as a sentence."""
        return Reason.read(self.reason_code, self.reason_parameters).sentence(self.channel)

    @property
    def is_in_digest(self) -> bool:
        """Whether a digest carries it that has not ended yet."""
        return self.state in COLLECTED and self.reason_code == ReasonCode.IN_DIGEST

    @property
    def digest_id(self) -> UUID | None:
        """The notification that is the digest which carries or carried it; None when none does."""
        if self.reason_code != ReasonCode.IN_DIGEST:
            return None
        try:
            return UUID((Reason.read(self.reason_code, self.reason_parameters).parameters or {})["digest"])
        except (LookupError, TypeError, ValueError, AttributeError):  # the row cannot be read
            return None


class Attempt(SQLModel, table=True):
    """One try of a delivery at one provider; committed before the provider is called."""

    __tablename__ = "attempts"
    __table_args__ = (
        # By what its provider calls the message: the way back from a callback to the delivery.
        Index(
            "ix_attempts_provider_message_id",
            "provider_message_id",
            sqlite_where=text(HAS_PROVIDER_MESSAGE_ID),
            postgresql_where=text(HAS_PROVIDER_MESSAGE_ID),
        ),
    )

    delivery_id: UUID = Field(primary_key=True, foreign_key="deliveries.id", ondelete="CASCADE")
    fence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The claim under which it was made."""
    provider: str = Field(max_length=64)
    started_at: datetime = Field(sa_type=time_type())
    ended_at: datetime | None = Field(default=None, sa_type=time_type())
    outcome: str | None = Field(default=None, max_length=16)
    """An Outcome; None while the attempt is open."""
    reason_code: str | None = Field(default=None, max_length=32)
    """A ReasonCode: why it ended so; None while the attempt is open."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    """What the reason's sentence needs, as JSON; None when it needs nothing."""
    provider_message_id: str | None = Field(default=None, max_length=255)
    abandoned: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Its worker stopped before the attempt ended."""

    @property
    def reason(self) -> str | None:
        """Why it ended so, as a sentence; None while the attempt is open."""
        if self.reason_code is None:
            return None
        return Reason.read(self.reason_code, self.reason_parameters).sentence()


class Hold(SQLModel, table=True):
    """One time that a delivery had to wait for its hour: the delivery itself only says why it is as it is now."""

    __tablename__ = "holds"

    delivery_id: UUID = Field(primary_key=True, foreign_key="deliveries.id", ondelete="CASCADE")
    fence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The claim that decided so; 0 when it was decided as the delivery was planned."""
    at: datetime = Field(sa_type=time_type())
    reason_code: str = Field(max_length=32)
    """A ReasonCode."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    """What the reason's sentence needs, as JSON; None when it needs nothing."""

    @property
    def reason(self) -> str:
        """Why it had to wait, as a sentence."""
        return Reason.read(self.reason_code, self.reason_parameters).sentence()

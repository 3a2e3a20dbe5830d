"""Deliveries, one for each channel of a notification, and their attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import SmallInteger, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from property_alert_notification.base.reasons import Reason, ReasonCode
from property_alert_notification.base.vocabulary import DeliveryState
from property_alert_notification.database import partial_index, time_type
from property_alert_notification.deliveries import states
from property_alert_notification.deliveries.states import COLLECTED, is_in

OPEN = is_in(states.OPEN)
"""The condition of a partial index; a query must contain exactly this text for the index to be used."""

FULFILLED = is_in((DeliveryState.SENT, DeliveryState.DELIVERED))
"""The condition of another partial index: end states that are stored in the delivery's row only."""

IS_LEASED, IS_HELD, IS_QUARANTINED, IS_ON_HOLD = (
    is_in(states.LEASED),
    is_in((DeliveryState.HELD,)),
    is_in((DeliveryState.QUARANTINED,)),
    is_in((DeliveryState.ON_HOLD,)),
)
"""The conditions of more partial indexes."""

HAS_HOLDER = "held_by IS NOT NULL"
"""The condition of the index of held and collected deliveries; a comparison of `held_by` implies it."""

HAS_PROVIDER_MESSAGE_ID = "provider_message_id IS NOT NULL"
"""The condition of the index of attempts; a comparison of `provider_message_id` implies it."""


class Delivery(SQLModel, table=True):
    """One notification on one channel to one address.

    The row is its own outbox entry: the relay, or the embedded broker, offers rows whose `due_at` has come to the
    workers.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel", "address"),
        # Ended deliveries have no due_at: the index holds open ones only, so its cost does not grow with history.
        partial_index("ix_deliveries_due", "channel", "urgent", "due_at", where="due_at IS NOT NULL"),
        # Leases have an index of their own, apart from a backlog that may be long.
        partial_index("ix_deliveries_leased", "due_at", where=IS_LEASED),
        # Open deliveries for lists, the newest notification first.
        partial_index("ix_deliveries_open", "notification_id", where=OPEN),
        # Sent deliveries, likewise.
        partial_index("ix_deliveries_fulfilled", "state", "notification_id", where=FULFILLED),
        # Quarantined deliveries, and those that wait for approval, the oldest notification first.
        partial_index("ix_deliveries_quarantined", "id", where=IS_QUARANTINED),
        partial_index("ix_deliveries_on_hold", "notification_id", where=IS_ON_HOLD),
        # Held, collected and waiting deliveries, by `held_by`.
        partial_index("ix_deliveries_holder", "held_by", where=HAS_HOLDER),
    )

    id: UUID = Field(primary_key=True)
    notification_id: UUID = Field(foreign_key="notifications.id", ondelete="CASCADE")
    channel: str = Field(max_length=16)
    address: str = Field(max_length=320)
    urgent: bool
    test: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Submitted with a test key: it goes to the simulator, never to a real provider."""
    state: str = Field(max_length=16)
    """A DeliveryState."""
    reason_code: str | None = Field(default=None, max_length=32)
    """The ReasonCode of its state."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    """The parameters of the reason as JSON; None if it has none."""
    held_by: str | None = Field(default=None, max_length=80)
    """The cause of the state `held`: `pause:` with the name of the pause, or a Rule. For a delivery that is or was
    collected: `digest:` with the id of its window. On hold: `approval:` with the id of its user."""
    due_at: datetime | None = Field(default=None, sa_type=time_type())
    """When a worker processes it next: to send it or, while it is `sending`, to rescue it after its lease has
    expired."""
    published_at: datetime | None = Field(default=None, sa_type=time_type())
    """When the relay last published it to the broker; None once a worker has claimed it."""
    fence: int = 0
    """Counts claims. Only the worker that holds the current one may settle the delivery."""
    attempts: int = Field(default=0, sa_type=SmallInteger)
    """How many attempts count: all except those that failed because their provider was down."""
    unknowns: int = Field(default=0, sa_type=SmallInteger)
    """Attempts whose outcome is unknown."""
    replayed_at: datetime | None = Field(default=None, sa_type=time_type())
    """When an operator last replayed it: attempts are counted from this time."""
    changed_at: datetime = Field(sa_type=time_type())

    @property
    def reason(self) -> str:
        """The reason of its state as a sentence."""
        return Reason.read(self.reason_code, self.reason_parameters).sentence(self.channel)

    @property
    def is_in_digest(self) -> bool:
        """Whether an open digest carries it."""
        return self.state in COLLECTED and self.reason_code == ReasonCode.IN_DIGEST

    @property
    def digest_id(self) -> UUID | None:
        """The id of the digest that carries it; None if none does."""
        if self.reason_code != ReasonCode.IN_DIGEST:
            return None
        return Reason.read(self.reason_code, self.reason_parameters).digest_id


class Attempt(SQLModel, table=True):
    """One attempt of a delivery at one provider; committed before the provider is called."""

    __tablename__ = "attempts"
    __table_args__ = (
        # By the provider's id of the message, which callbacks contain.
        partial_index("ix_attempts_provider_message_id", "provider_message_id", where=HAS_PROVIDER_MESSAGE_ID),
    )

    delivery_id: UUID = Field(primary_key=True, foreign_key="deliveries.id", ondelete="CASCADE")
    fence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The fence of the claim under which it was made."""
    provider: str = Field(max_length=64)
    claimed_at: datetime | None = Field(default=None, sa_type=time_type())
    """When that claim began: it read preferences and the suppression list after this. None in attempts of versions
    that did not store it."""
    started_at: datetime = Field(sa_type=time_type())
    ended_at: datetime | None = Field(default=None, sa_type=time_type())
    outcome: str | None = Field(default=None, max_length=16)
    """An Outcome; None while the attempt is open."""
    reason_code: str | None = Field(default=None, max_length=32)
    """The ReasonCode of its outcome; None while the attempt is open."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    """The parameters of the reason as JSON; None if it has none."""
    provider_message_id: str | None = Field(default=None, max_length=255)
    abandoned: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Its worker stopped before the attempt ended."""

    @property
    def reason(self) -> str | None:
        """The reason of its outcome as a sentence; None while the attempt is open."""
        if self.reason_code is None:
            return None
        return Reason.read(self.reason_code, self.reason_parameters).sentence()


class Hold(SQLModel, table=True):
    """One hold of a delivery by quiet hours or a legal window. The delivery itself has only its current reason."""

    __tablename__ = "holds"

    delivery_id: UUID = Field(primary_key=True, foreign_key="deliveries.id", ondelete="CASCADE")
    fence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """The fence of the claim that decided it; 0 if it was decided when the delivery was planned."""
    at: datetime = Field(sa_type=time_type())
    reason_code: str = Field(max_length=32)
    """A ReasonCode."""
    reason_parameters: str | None = Field(default=None, sa_type=Text)
    """The parameters of the reason as JSON; None if it has none."""

    @property
    def reason(self) -> str:
        """The reason of the hold as a sentence."""
        return Reason.read(self.reason_code, self.reason_parameters).sentence()

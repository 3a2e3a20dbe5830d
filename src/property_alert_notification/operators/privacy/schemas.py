"""The answers about erasures."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from property_alert_notification.operators.privacy.erasure.eraser import Progress


class ErasureStatus(StrEnum):
    """How far an erasure is."""

    IN_PROGRESS = "in_progress"
    """A worker continues it."""
    ERASED = "erased"
    """Nothing is left."""


class ErasurePublic(BaseModel):
    """The erasure of one user."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    user_id: int
    status: ErasureStatus
    found: bool
    """Whether anything was stored about the user."""
    requested_at: datetime
    finished_at: datetime | None
    sending: int
    """How many deliveries a worker is sending at this moment: the erasure waits for them."""
    rows: dict[str, int]
    """How many rows of each table were erased so far."""

    @classmethod
    def of(cls, user_id: int, progress: Progress) -> "ErasurePublic":
        """How far an erasure of this user is."""
        rows = dict(progress.counted)
        return cls(
            user_id=user_id,
            status=ErasureStatus.ERASED if progress.is_finished else ErasureStatus.IN_PROGRESS,
            found=bool(rows),
            requested_at=progress.erasure.requested_at,
            finished_at=progress.erasure.finished_at,
            sending=progress.in_progress,
            rows=rows,
        )

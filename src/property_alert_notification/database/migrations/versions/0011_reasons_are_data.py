"""Reasons become codes with parameters; `rung_at` becomes `published_at`, and `told_at` `reported_at`.

Nothing was released before this revision. So it drops and renames columns: stop the processes of earlier versions.
"""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

from property_alert_notification.database.migrations import safely

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEYS = {"deliveries": "id", "attempts": "delivery_id"}

# What the sentences of earlier versions became. Where a sentence has parameters, they are the groups of its pattern.
_LOST = "its worker stopped before it could say what happened"
_BROKEN_ROW = r"its row in the store cannot be worked on \((?P<what>.+)\)"
_CODES = [
    ("user_opted_in", r"the user wants \w+"),
    ("user_opted_out", r"the user does not want \w+"),
    ("no_preferences", "the user's preferences were deleted, and with them the consent"),
    ("channel_not_used", r"\w+ is not used here \(\w+_PROVIDER=none\)"),
    ("expired", "it expired before it could be sent"),
    ("too_old", "it could not be sent while it was of use"),
    ("paused", r"sending of (?P<pause>[a-z0-9][a-z0-9_-]{0,63}) is paused"),
    ("resumed", r"sending of (?P<pause>[a-z0-9][a-z0-9_-]{0,63}) goes on"),
    ("no_provider", "it waits for a provider: the breaker is open"),
    ("worker_stopped", "its worker was stopped before it came to its provider"),
    ("lease_lost", "its worker lost it before it came to its provider"),
    ("store_away", "nobody could ask whether it is still wanted when its turn came"),
    ("sent", "the provider took it"),
    ("sent_before", "the provider took it at an earlier attempt, as its worker could say later"),
    ("sent_cut", "the provider took it; its text was (?P<cut>.+)"),
    ("unknown_too_old", "nobody can tell whether it arrived, and its provider would not recognise it any more"),
    ("worker_lost", _LOST),
    ("worker_lost_resent", f"{_LOST}; it is sent again"),
    ("worker_lost_given_up", f"{_LOST}, and nobody can tell whether it arrived"),
    ("workers_lost", rf"{_LOST}, for the (?P<workers>\d+)th time"),
    ("worker_broke", r"the worker broke on it \((?P<error>\w+)\)"),
    ("row_broken_maybe_sent", f"{_BROKEN_ROW}; it may have been sent"),
    ("row_broken_sent", f"{_BROKEN_ROW}; the provider took it, so a replay does not send it again"),
    ("row_broken", _BROKEN_ROW),
    ("row_unreadable", "its row in the store cannot be read"),
    ("id_unreadable", "its id in the store cannot be read"),
    ("replayed", "an operator has it tried again"),
    ("attempts_used_up", r"gave up after (?P<attempts>\d+) attempts: (?P<because>.+)"),
    ("discarded", "an operator discarded it: (?P<because>.+)"),
    ("not_decided", "nobody decided over it in time: (?P<because>.+)"),
    ("unknown_repeated", "(?P<detail>.+); it is sent again, and the provider recognises it"),
    ("unknown_resent", "(?P<detail>.+); it is sent once more"),
    (
        "unknown_given_up",
        r"(?P<detail>.+); it was sent (?P<times>once|\d+ times) and nobody can tell whether it arrived",
    ),
    ("cancelled", r"(?P<by>its caller|.+) took it back"),
    ("other", "(?P<text>.*)"),
]


def upgrade() -> None:
    for table in _KEYS:
        safely.add_column(table, sa.Column("reason_code", sa.String(32), nullable=True))
        safely.add_column(table, sa.Column("reason_parameters", sa.Text(), nullable=True))
    safely.add_column("deliveries", sa.Column("held_by", sa.String(80), nullable=True))
    safely.add_column("attempts", sa.Column("abandoned", sa.Boolean(), nullable=False, server_default=sa.false()))
    safely.rename_column("deliveries", "rung_at", "published_at")
    safely.rename_column("breakers", "told_at", "reported_at")
    safely.rewrite("deliveries", "reason", _of_delivery, by="id", missing="reason_code")
    op.execute("UPDATE deliveries SET held_by = NULL WHERE held_by IS NOT NULL AND state <> 'held'")
    safely.rewrite("attempts", "reason", _of_attempt, by="delivery_id", missing="reason_code")
    safely.drop_index("ix_deliveries_held", "deliveries")
    safely.create_index("ix_deliveries_held_by", "deliveries", ["held_by"], where="state = 'held'")
    for table in _KEYS:
        safely.drop_column(table, "reason")


def downgrade() -> None:
    for table, key in _KEYS.items():
        safely.add_column(table, sa.Column("reason", sa.Text(), nullable=True))
        safely.rewrite(table, "reason_code", lambda code: {"reason": code}, by=key, missing="reason")
    safely.rewrite("deliveries", "held_by", _paused, by="id", missing=None)
    safely.drop_index("ix_deliveries_held_by", "deliveries")
    safely.create_index("ix_deliveries_held", "deliveries", ["reason"], where="state = 'held'")
    safely.rename_column("breakers", "reported_at", "told_at")
    safely.rename_column("deliveries", "published_at", "rung_at")
    safely.drop_column("attempts", "abandoned")
    safely.drop_column("deliveries", "held_by")
    for table in _KEYS:
        safely.drop_column(table, "reason_parameters")
        safely.drop_column(table, "reason_code")


def _of_delivery(sentence: str) -> dict[str, Any]:
    code, parameters = _read(sentence)
    held_by = f"pause:{parameters['pause']}" if code == "paused" else None
    return {"reason_code": code, "reason_parameters": _json(parameters), "held_by": held_by}


def _of_attempt(sentence: str) -> dict[str, Any]:
    code, parameters = _read(sentence)
    return {"reason_code": code, "reason_parameters": _json(parameters), "abandoned": code == "worker_lost"}


def _paused(held_by: str) -> dict[str, Any]:
    return {"reason": f"sending of {held_by.removeprefix('pause:')} is paused"}


def _json(parameters: dict[str, Any]) -> str | None:
    return json.dumps(parameters, separators=(",", ":")) if parameters else None


def _read(sentence: str) -> tuple[str, dict[str, Any]]:
    """The code of a sentence, and its parameters."""
    for code, pattern in _CODES:
        if found := re.fullmatch(pattern, sentence, re.DOTALL):
            return code, {name: _parameter(name, value) for name, value in found.groupdict().items()}
    raise AssertionError("the last pattern fits every sentence")


def _parameter(name: str, value: str) -> Any:
    if name == "because":
        code, parameters = _read(value)
        return [code, parameters or None]
    if name == "times":
        return 1 if value == "once" else int(value.split()[0])
    return int(value) if name in ("attempts", "workers") else value

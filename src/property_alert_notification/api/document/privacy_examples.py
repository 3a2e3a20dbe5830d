"""The examples of answers about personal data."""

from typing import Any

_AT = "2026-11-22T09:00:00.000193Z"

ANSWERS: dict[str, Any] = {
    "erase_data": {
        "user_id": 4711,
        "status": "erased",
        "found": False,
        "requested_at": _AT,
        "finished_at": _AT,
        "sending": 0,
        "rows": {},
    },
}

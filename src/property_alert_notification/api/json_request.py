"""A request whose JSON is read without guessing."""

import asyncio
from json import JSONDecodeError
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from property_alert_notification.api.known_fields import known_part
from property_alert_notification.base.json_body import REPEATED, RepeatedName, Unreadable, read_json, read_records

_LONG = 64 * 1024
"""Bytes of a body that is read in a thread, so that other callers do not wait for it."""


class KeyedRequest(Request):
    """A request of a caller that was let in."""

    async def read_json(self, *, by_record: bool) -> None:
        """Read the body, for `json`; with `by_record`, a record that cannot be read does not affect the others.

        Raises:
            HTTPException: it is not in UTF-8, or nested too deep.
            RequestValidationError: it is not JSON, or an object has a name more than once, with different values.
        """
        body = await self.body()
        if not body:
            return
        read = read_records if by_record else read_json
        try:
            self._json: Any = await asyncio.to_thread(read, body) if len(body) > _LONG else read(body)
        except JSONDecodeError as fault:
            raise RequestValidationError([_not_json(fault)]) from None
        except Unreadable as fault:
            raise HTTPException(400, str(fault)) from None
        except RepeatedName as fault:
            raise RequestValidationError([_repeated(fault.name)]) from None


def _not_json(fault: JSONDecodeError) -> dict[str, Any]:
    place = f"{fault.msg}: line {fault.lineno}, column {fault.colno}"
    return {"type": "json_invalid", "loc": ("body", fault.pos), "msg": fault.msg, "input": {}, "ctx": {"error": place}}


def _repeated(name: str) -> dict[str, Any]:
    if known_part({name: None}):
        return {"type": "value_error", "loc": ("body", name), "msg": REPEATED}
    # A name that is none of ours may be anything, also personal data.
    return {"type": "value_error", "loc": ("body",), "msg": f"has a field that {REPEATED}"}

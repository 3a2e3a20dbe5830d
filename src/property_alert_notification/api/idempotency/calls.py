"""`Idempotency-Key` over HTTP: the header, and the answer that says whether it is a repetition."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, cast

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel, WithJsonSchema
from sqlalchemy.ext.asyncio import AsyncConnection

from property_alert_notification.api.access.admission import Admission
from property_alert_notification.api.idempotency.keys import CallKey, call_key, in_one_form, only_one
from property_alert_notification.api.idempotency.once import (
    Keep,
    answer_once,
    answered_before,
    script_once,
    script_once_at_end,
)
from property_alert_notification.api.idempotency.stored import Answer
from property_alert_notification.api.path_prefix import path_within
from property_alert_notification.base.clock import Clock
from property_alert_notification.database import Database, Script

KeyText = Annotated[
    str,
    # For OpenAPI only: `call_key` reports what is wrong with a key.
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}),
]

_Header = Annotated[
    KeyText | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of up to 255 printable ASCII characters, new for each new call. A repeated call with "
        "the same key and body changes nothing and gets the first answer, with `Idempotency-Replayed: true`.",
        examples=["viewing-8321-reminder"],
    ),
]


async def _given(request: Request, _key: _Header = None) -> str | None:
    return only_one(request.headers.getlist("idempotency-key"))


IdempotencyKey = Annotated[str | None, Depends(_given)]
"""The key that a call has, or None."""

Work = Callable[[AsyncConnection], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """A call that is done once, however often it is repeated with its key."""

    request: Request
    key: str | None

    async def answer(self, admission: Admission, work: Work, *, asked: BaseModel | None = None) -> Response:
        """Do the work as `once` does, and answer what it answered."""
        answer, replayed = await self.once(admission, work, asked=asked)
        return json_answer(answer.text, admission, status_code=answer.status_code, replayed=replayed)

    async def answer_found(
        self, admission: Admission, find: Callable[[], Awaitable[BaseModel]], *, asked: BaseModel
    ) -> Response:
        """Answer with what `find` returns, for a call that changes nothing.

        With an idempotency key the answer is stored, and a repetition of the call gets it without another `find`.
        """
        key = await self._key(admission, asked)
        if key is None:
            return json_answer(await find(), admission)
        answer, replayed = await answered_before(self._database, key, now=self._now), True
        if answer is None:
            found = Answer(200, (await find()).model_dump_json())

            async def keep(_: AsyncConnection) -> Answer:
                return found

            answer, replayed = await answer_once(self._database, key, keep, now=self._now, keep_for=self._keep_for)
        return json_answer(answer.text, admission, status_code=answer.status_code, replayed=replayed)

    async def once(self, admission: Admission, work: Work, *, asked: BaseModel | None = None) -> tuple[Answer, bool]:
        """Do the work of a call in one transaction, unless the same call was answered before.

        `asked` is the parsed body; a different body is a different call.

        Returns:
            The answer, which must hold no message and no address if it is kept under a key: keys outlive notifications.
            And whether it is that of an earlier call.

        Raises:
            InvalidField: the key cannot be one.
            KeyReused: the key belongs to another call.
            CallInProgress: another process works at the same call, and does not come to an end.
            StoreUnavailable: nothing was done.
        """
        key = await self._key(admission, asked)
        return await answer_once(self._database, key, work, now=self._now, keep_for=self._keep_for)

    async def answer_script(
        self, admission: Admission, work: Script[Answer], *, asked: BaseModel | None = None
    ) -> Response:
        """Do the work of `answer` as a script, which is quicker; otherwise as that."""
        answer, replayed = await script_once(
            self._database, await self._key(admission, asked), work, now=self._now, keep_for=self._keep_for
        )
        return json_answer(answer.text, admission, status_code=answer.status_code, replayed=replayed)

    async def answer_at_end(
        self, admission: Admission, work: Callable[[Keep], Script[Answer]], *, asked: BaseModel | None = None
    ) -> Response:
        """Do the work of `answer_script` in fewer steps: its last group keeps the answer. Otherwise as that."""
        answer, replayed = await script_once_at_end(
            self._database, await self._key(admission, asked), work, now=self._now, keep_for=self._keep_for
        )
        return json_answer(answer.text, admission, status_code=answer.status_code, replayed=replayed)

    @property
    def _database(self) -> Database:
        return cast(Database, self.request.app.state.database)

    @property
    def _now(self) -> datetime:
        return cast(Clock, self.request.app.state.clock).now()

    @property
    def _keep_for(self) -> timedelta:
        return cast(timedelta, self.request.app.state.keep_keys_for)

    async def _key(self, admission: Admission, asked: BaseModel | None) -> CallKey | None:
        return call_key(
            admission.owner,
            self.key,
            method=self.request.method,
            path=path_within(self.request.scope).rstrip("/"),
            body=await self._asked(asked),
            user_id=_user_of(self.request, asked),
        )

    async def _asked(self, asked: BaseModel | None) -> bytes:
        if self.key is None:
            return b""  # to write a large body in one form takes long, and no other call is compared with this one
        return in_one_form(await self.request.body()) if asked is None else as_read(asked)


def _user_of(request: Request, asked: BaseModel | None) -> int | None:
    """The user whom a call is about: its path or its body names one."""
    in_path = request.path_params.get("user_id")
    return getattr(asked, "user_id", None) if in_path is None else int(in_path)


async def _call(request: Request, key: IdempotencyKey) -> IdempotentCall:
    return IdempotentCall(request, key)


CallDep = Annotated[IdempotentCall, Depends(_call)]


def as_read(body: BaseModel) -> bytes:
    """The parsed body: the order of its fields and the spelling of a value make no difference."""
    return body.__pydantic_serializer__.to_json(body, exclude_unset=True)


def json_answer(
    answer: BaseModel | str | bytes, admission: Admission, *, status_code: int = 200, replayed: bool = False
) -> Response:
    """An answer that was checked when it was made, or is JSON already: FastAPI would check it again."""
    content = answer.model_dump_json() if isinstance(answer, BaseModel) else answer
    headers = dict(admission.headers)
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(content, status_code, headers=headers, media_type="application/json")

"""The HTTP API of the small User service: the answers to `USER_SERVICE_URL` and `USER_SERVICE_BULK_URL`."""

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel

from property_alert_notification.user_service.people import Person, people
from property_alert_notification.user_service.store import Store

router = APIRouter(prefix="/users")

UserId = Annotated[int, Path(ge=0, le=2**63 - 1)]


async def _store(request: Request) -> Store:
    return cast(Store, request.app.state.store)


StoreDep = Annotated[Store, Depends(_store)]


class PersonPut(BaseModel):
    """The profile of a user."""

    email: str | None = None
    phone_number: str | None = None
    name: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    country: str = "US"


def create_user_service(file: str = ":memory:") -> FastAPI:
    """Build the application; `file` is its SQLite file."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Every request is answered in this thread, since each takes only microseconds.
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            app.state.store = Store(connection, people())
            yield

    app = FastAPI(title="User service", lifespan=lifespan)
    app.include_router(router)
    return app


@router.get("/{user_id}")
async def read_user(
    user_id: UserId, store: StoreDep, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Read one user; 304 if the caller's `ETag` is current."""
    if (person := store.find(user_id)) is None:
        raise HTTPException(404, "There is no such user.")
    body = json.dumps(person._asdict()).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="application/json", headers={"ETag": etag})


@router.get("")
async def read_users(
    ids: Annotated[str, Query(pattern=r"^\d{1,18}(,\d{1,18}){0,99}$")], store: StoreDep
) -> list[dict[str, Any]]:
    """Read up to 100 users; `ids` are separated by commas. Unknown ones are left out."""
    return [person._asdict() for person in store.find_some(list(map(int, ids.split(","))))]


@router.put("/{user_id}")
async def put_user(user_id: UserId, body: PersonPut, store: StoreDep) -> dict[str, Any]:
    """Insert or replace a user."""
    person = Person(user_id, **body.model_dump())
    store.put(person)
    return person._asdict()


@router.delete("/{user_id}", status_code=204)
async def delete_user(user_id: UserId, store: StoreDep) -> None:
    """Delete a user."""
    if not store.delete(user_id):
        raise HTTPException(404, "There is no such user.")

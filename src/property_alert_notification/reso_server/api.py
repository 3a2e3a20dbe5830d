"""The HTTP API of the small RESO server: three resources by OData, OAuth2 tokens, and switches for tests.

Property, OpenHouse and EntityEvent are below `/odata`, as they are with vendors. `/control` is not RESO's: it moves the
market and breaks things.
"""

import gzip
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from property_alert_notification.base.clock import Clock
from property_alert_notification.reso_server.faults import Faults
from property_alert_notification.reso_server.market import Market
from property_alert_notification.reso_server.query import Collection, NotUnderstood, Record, search

CLIENT_ID, CLIENT_SECRET = "reso", "reso-secret"
"""The credentials of the only client."""

MOST = 1_000
"""Records of one page."""


class ResoServer:
    """The state of the server."""

    def __init__(self, market: Market, clock: Clock, *, speed: float = 0.0) -> None:
        """`speed` is how many seconds of the market pass in one second; with 0 only `/control/advance` moves it."""
        self.market = market
        self.faults = Faults()
        self.requests: list[str] = []
        """The paths and queries that were asked for."""
        self._clock = clock
        self._speed = speed
        self._began = clock.monotonic()
        self._tokens: dict[str, float] = {}

    def move(self) -> None:
        """Let pass what has become visible since the last request."""
        if self._speed and self.market.ahead:
            passed = (self._clock.monotonic() - self._began) * self._speed
            self.market.advance_to(self.market.ahead[0].at + timedelta(seconds=passed))

    def new_token(self) -> tuple[str, int]:
        """A new token, and the seconds for which it is valid."""
        token = self._clock.new_id().hex
        self._tokens[token] = self._clock.monotonic() + self.faults.token_lifetime
        return token, self.faults.token_lifetime

    def forget_tokens(self) -> None:
        """Let no token be valid any more."""
        self._tokens.clear()

    def check(self, request: Request) -> None:
        """Answer with the fault that is set, or 401 without a valid token.

        Raises:
            HTTPException: with the answer.
        """
        self.requests.append(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0.0) <= self._clock.monotonic():
            raise HTTPException(401, "The token is unknown or has expired.")
        faults = self.faults
        if faults.status is not None and (faults.times is None or faults.times > 0):
            faults.times = None if faults.times is None else faults.times - 1
            headers = {} if faults.retry_after is None else {"Retry-After": str(faults.retry_after)}
            raise HTTPException(faults.status, "A fault that is set.", headers=headers)
        if faults.answers is not None:
            if faults.answers < 1:
                raise HTTPException(429, "Too many requests.")
            faults.answers -= 1
        self.move()

    def check_keys(self, records: Sequence[Record]) -> None:
        """Answer 500 if one of these records is bad.

        Raises:
            HTTPException: with the answer.
        """
        if any(record.get("ListingKey") in self.faults.bad_keys for record in records):
            raise HTTPException(500, "A bad record.")


class Page(NamedTuple):
    """The query options of a request for a collection."""

    filter: str | None
    orderby: str | None
    top: int
    skip: int
    counted: bool


async def _page(
    filter_: Annotated[str | None, Query(alias="$filter")] = None,
    orderby: Annotated[str | None, Query(alias="$orderby")] = None,
    top: Annotated[int, Query(alias="$top", ge=1)] = MOST,
    skip: Annotated[int, Query(alias="$skip", ge=0)] = 0,
    count: Annotated[bool, Query(alias="$count")] = False,
) -> Page:
    return Page(filter_, orderby, min(top, MOST), skip, count)


_PageDep = Annotated[Page, Depends(_page)]


def create_reso_server(server: ResoServer) -> FastAPI:
    """Build the application."""
    app = FastAPI(title="RESO server")
    app.include_router(_tokens(server))
    app.include_router(_listings(server))
    app.include_router(_open_houses_and_events(server))
    app.include_router(_control(server))
    return app


def _tokens(server: ResoServer) -> APIRouter:
    router = APIRouter()

    @router.post("/oauth2/token")
    async def create_token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        if {name: form.get(name) for name in wanted} != wanted:
            return JSONResponse({"error": "invalid_client"}, 401)
        token, lifetime = server.new_token()
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": lifetime})

    return router


def _listings(server: ResoServer) -> APIRouter:
    router = APIRouter(prefix="/odata")

    @router.get("/Property('{key}')")
    async def read_property(key: str, request: Request) -> Response:
        server.check(request)
        if (status := server.faults.key_statuses.get(key)) is not None:
            raise HTTPException(status, "A fault that is set.")
        if (record := server.market.records.get(key.replace("''", "'"))) is None:
            raise HTTPException(404, "There is no such record.")
        server.check_keys([record])
        return JSONResponse(_expanded(server, request, [record])[0])

    @router.get("/Property")
    async def read_properties(request: Request, page: _PageDep) -> Response:
        server.check(request)
        none = Collection("ModificationTimestamp", [], {})
        return _collection(server, request, page, none if server.faults.lost_index else server.market.properties())

    return router


def _open_houses_and_events(server: ResoServer) -> APIRouter:
    router = APIRouter(prefix="/odata")

    @router.get("/OpenHouse")
    async def read_open_houses(request: Request, page: _PageDep) -> Response:
        server.check(request)
        if server.faults.no_open_houses is not None:
            raise HTTPException(server.faults.no_open_houses, "There is no such resource.")
        return _collection(server, request, page, server.market.all_open_houses())

    @router.get("/EntityEvent")
    async def read_events(request: Request, page: _PageDep) -> Response:
        server.check(request)
        if server.faults.no_events:
            raise HTTPException(404, "There is no such resource.")
        return _collection(server, request, page, server.market.visible_events())

    return router


def _collection(server: ResoServer, request: Request, page: Page, collection: Collection) -> Response:
    if server.faults.no_in and page.filter and " in (" in page.filter:
        raise HTTPException(501, "This server has no `in`.")
    if server.faults.same_page:
        page = Page(None, None, page.top, 0, counted=False)
    if server.faults.limit is not None:
        page = page._replace(top=min(page.top, server.faults.limit))
    if server.faults.empty_first and "$skip" not in request.query_params:
        page = page._replace(top=0)
    try:
        found = search(collection, page.filter, page.orderby)
        part = list(islice(found, page.skip, page.skip + page.top))
    except NotUnderstood as fault:
        raise HTTPException(400, f"{fault} has a part that this server does not have.") from None
    server.check_keys(part)
    value = _expanded(server, request, part)
    answer: dict[str, Any] = {"@odata.context": f"{request.base_url}odata/$metadata", "value": value}
    following = sum(1 for _ in (found if page.counted else islice(found, 1)))
    if page.counted:
        answer["@odata.count"] = page.skip + len(part) + following
    link = _next_link(request, page, server.faults, is_last=not following)
    if link is not None:
        answer["@odata.nextLink"] = link
    return _with_faults(answer, server.faults)


def _expanded(server: ResoServer, request: Request, records: Sequence[Record]) -> Sequence[Record]:
    """The records with what `$expand` asks for."""
    if "OpenHouse" not in request.query_params.get("$expand", "").split(","):
        return records
    return [server.market.with_open_houses(dict(one)) for one in records]


def _next_link(request: Request, page: Page, faults: Faults, *, is_last: bool) -> str | None:
    if faults.no_links or faults.same_page or (is_last and not faults.links_in_a_circle):
        return None
    query = urlencode(dict(request.query_params) | {"$skip": str(page.top if is_last else page.skip + page.top)})
    base = "http://127.0.0.2:1/" if faults.foreign_links else str(request.base_url)
    return f"{base}{request.url.path[1:]}?{query}"


def _with_faults(answer: dict[str, Any], faults: Faults) -> Response:
    body = bytes(JSONResponse(answer).body)
    if faults.short_names:
        body = body.replace(b"@odata.", b"@")
    for text in faults.bad_texts:
        body = body.replace(text.encode(), text.encode() + b"\xe9\n")
    if faults.cut_body:
        body = body[:-20]
    headers = {"Content-Encoding": "gzip"} if faults.gzip else {}
    return Response(gzip.compress(body) if faults.gzip else body, headers=headers, media_type="application/json")


def _control(server: ResoServer) -> APIRouter:
    router = APIRouter(prefix="/control")

    @router.post("/advance")
    async def advance(count: int = 1, until: datetime | None = None) -> dict[str, Any]:
        market = server.market
        moved = market.advance(count) if until is None else market.advance_to(until)
        return {"moved": moved, "now": market.now, "left": len(market.ahead) - market.passed}

    @router.put("/faults")
    async def set_faults(faults: Faults) -> Faults:
        server.faults = faults
        return faults

    return router

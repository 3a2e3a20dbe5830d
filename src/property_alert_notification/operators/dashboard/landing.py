"""The first page, which links to all others, and the icon of every page."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from property_alert_notification.operators.dashboard.pages import page, root_of


def landing_router(*, with_mailbox: bool) -> APIRouter:
    """`/`, with a link to the mailbox where there is one."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def landing(request: Request) -> HTMLResponse:
        return page("landing.html", request, title=request.app.title, with_mailbox=with_mailbox)

    @router.get("/favicon.ico")
    async def icon(request: Request) -> RedirectResponse:
        """What a browser asks for where an answer is no page and names no icon, as `/metrics`."""
        return RedirectResponse(f"{root_of(request)}/static/house.svg", status_code=308)

    return router

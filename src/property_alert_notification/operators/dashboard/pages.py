"""What every page shares: templates, static files from the package, and headers that keep foreign content harmless."""

from importlib.resources import as_file, files
from typing import Any, cast

from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

# Everything a page needs comes from this service; whatever slips into a page may neither run nor call out.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_templates = Environment(
    loader=PackageLoader("property_alert_notification.operators.dashboard"),
    autoescape=select_autoescape(),
    auto_reload=False,
)


def page(template: str, request: Request, **values: Any) -> HTMLResponse:
    """Fill one of the templates; its values are escaped."""
    return guarded(_templates.get_template(template).render(root=root_of(request), **values), policy=PAGE_POLICY)


def root_of(request: Request) -> str:
    """The prefix of every path of ours in a link, as a proxy shows it, or nothing."""
    return cast(str, request.scope.get("root_path", ""))


def guarded(html: str, *, policy: str) -> HTMLResponse:
    """An HTML answer that browsers may use only within `policy` (https://www.w3.org/TR/CSP3/)."""
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, headers=headers)


def static_files() -> StaticFiles:
    """Styles, scripts and icons of the pages, to be mounted at `/static`."""
    return packaged_files("property_alert_notification.operators.dashboard")


def packaged_files(package: str) -> StaticFiles:
    """The folder `static` of an installed package."""
    # An installed package is a folder on disk, so the path outlives the block.
    with as_file(files(package) / "static") as folder:
        return _FreshFiles(directory=folder)


class _FreshFiles(StaticFiles):
    """Static files that a browser asks about again each time: after an upgrade no page runs an old script."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

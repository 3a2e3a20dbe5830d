"""The pages that users open from the links in messages: each is one answer that needs nothing else.

A page has no script, no cookie and no file beside it: its style is in the page, allowed by its hash, so that a proxy
need pass on nothing but the page itself.
"""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_PACKAGE = "property_alert_notification.feedback"

STYLE = files(_PACKAGE).joinpath("templates", "pages.css").read_text(encoding="utf-8")

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

PRIVATE: Mapping[str, str] = {
    # https://www.w3.org/TR/CSP3/#grammardef-hash-source
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    # The address of the page is the permission to change it.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Language",
}
"""The headers of each answer of a page, redirections included."""

_templates = Environment(
    loader=PackageLoader(_PACKAGE),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def page(
    template: str,
    *,
    language: str,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Fill one of the templates in a language; its values are escaped."""
    html = _templates.get_template(template).render(style=STYLE, language=language, **values)
    return HTMLResponse(html, status, {**PRIVATE, "Content-Language": language, **(headers or {})})

"""The API documentation at `/docs`, which works without internet access.

FastAPI's page loads Swagger UI from a public CDN; this one takes the same files from the package fastapi-offline.
ReDoc is left out: its page fetches a logo from its maker's server.
"""

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from property_alert_notification.operators.dashboard.pages import guarded, packaged_files

# Swagger UI styles its elements inline and FastAPI starts it by an inline script; both know only our own schema.
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_ASSETS = "/docs/assets"


def add_documentation(app: FastAPI) -> None:
    """Serve Swagger UI at `/docs`, for an app made with `docs_url=None, redoc_url=None`."""
    app.mount(_ASSETS, packaged_files("fastapi_offline"), name="documentation_assets")

    @app.get("/docs", include_in_schema=False)
    async def documentation(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        swagger = get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=f"{app.title} · API",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{root}/static/house.svg",
            # Its badge asks a public server whether the schema is valid.
            swagger_ui_parameters={"validatorUrl": None, **(app.swagger_ui_parameters or {})},
        )
        return guarded(_accessible(bytes(swagger.body).decode(), root), policy=_POLICY)


def _accessible(page: str, root: str) -> str:
    """FastAPI's page with a language and landmarks, and with repairs of Swagger UI for screen readers."""
    own = (
        f'<link rel="stylesheet" href="{root}/static/documentation.css">'
        f'<script src="{root}/static/documentation.js"></script>'
    )
    page = page.replace("<html>", '<html lang="en">').replace("</head>", f"{own}</head>")
    return (
        page.replace('<div id="swagger-ui">', '<main id="calls" tabindex="-1"><div id="swagger-ui">')
        .replace("</div>", "</div></main>", 1)
        .replace("<body>", '<body><a class="skip" href="#calls">Skip to the calls</a>')
    )

"""What a browser shows: /docs and /redoc, the schema behind them, and /, which leads there.

Every file that the pages need is served from here, so they are whole without internet. Their URLs are relative, so they
hold under any path that a proxy offers the service at. A Content-Security-Policy keeps the pages to this host.
"""

import base64
import functools
import hashlib
import json
import re

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

FILES = StaticFiles(packages=[("fastapi_offline", "static")])
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# ReDoc and Swagger UI write style elements, draw images that are written into them, and ReDoc searches in a worker.
POLICY = (
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# ReDoc's menu ends with its maker's logo, an image of another host, which the policy keeps out
NO_LOGO = '<style>img[src^="https://cdn.redoc.ly/"] { display: none }</style></head>'

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Swagger UI."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Gatecast",
        swagger_js_url="static/swagger-ui-bundle.js",
        swagger_css_url="static/swagger-ui.css",
        swagger_favicon_url="static/favicon.png",
        swagger_ui_parameters={"validatorUrl": None},  # otherwise it asks another host whether the schema is valid
    )
    return _secured(bytes(page.body).decode())


@router.get("/redoc")
async def redoc() -> HTMLResponse:
    """ReDoc."""
    page = get_redoc_html(
        openapi_url="openapi.json",
        title="Gatecast",
        redoc_js_url="static/redoc.standalone.js",
        redoc_favicon_url="static/favicon.png",
        with_google_fonts=False,
    )
    return _secured(bytes(page.body).decode().replace("</head>", NO_LOGO))


@router.get("/static/{file}")
async def static(file: str, request: Request) -> Response:
    """A file of the pages. It answers 304 to who has it already, by ETag or Last-Modified."""
    return await FILES.get_response(file, request.scope)


@router.get("/openapi.json")
def schema(request: Request) -> Response:  # not async, thus in a thread: the first time takes long
    """The OpenAPI schema, for the path that a proxy offers the service at."""
    return Response(_schema(request.app, request.scope.get("root_path") or "/"), media_type="application/json")


@functools.lru_cache(maxsize=1)
def _schema(api: FastAPI, root_path: str) -> bytes:
    return json.dumps(
        api.openapi() | {"servers": [{"url": root_path}]}, ensure_ascii=False, separators=(",", ":")
    ).encode()


@router.get("/")
async def root(request: Request) -> RedirectResponse:
    """Lead to the documentation."""
    return RedirectResponse(f"{request.scope.get('root_path') or '.'}/docs")


def _secured(html: str) -> HTMLResponse:
    """The page, allowed to run the scripts that are written in it and those of this host, and no other."""
    digests = [hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(html)]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY.format(hashes=hashes)})

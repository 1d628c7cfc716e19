"""What a browser shows: the playground at /, /docs and /redoc, and the schema behind them.

Every file that the pages need is served from here, so they are whole without internet. Their URLs are relative, so they
hold under any path that a proxy offers the service at. A Content-Security-Policy keeps the pages to this host, and to the
scripts that are files.
"""

import functools
import json
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from ..page_files import HEADERS, PageFiles
from .common import Service

PAGES = Path(__file__).parents[1]
PLAYGROUND = PageFiles(PAGES / "playground")
DOCUMENTATION = PageFiles(PAGES / "documentation")
LIBRARIES = StaticFiles(packages=[("fastapi_offline", "static")])
ONLY_THIS_HOST = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; connect-src 'self'; "
    "{workers}base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PLAYGROUND_POLICY = {"Content-Security-Policy": ONLY_THIS_HOST.format(styles="", workers="")}
# ReDoc and Swagger UI write style elements, draw images that are written into them, and ReDoc searches in a worker.
DOCUMENTATION_POLICY = {
    "Content-Security-Policy": ONLY_THIS_HOST.format(styles=" 'unsafe-inline'", workers="worker-src blob:; ")
}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def root(request: Request, service: Service) -> Response:
    """The playground; where it is switched off, lead to the documentation."""
    if not service.settings.playground:
        return RedirectResponse(f"{request.scope.get('root_path') or '.'}/docs")
    return await _page(PLAYGROUND, "index.html", request, PLAYGROUND_POLICY)


@router.get("/playground/{file}")
async def playground(file: str, request: Request, service: Service) -> Response:
    """A file of the playground. It answers 304 to who has it already."""
    if not service.settings.playground or is_page(file):
        raise HTTPException(404)
    return await _page(PLAYGROUND, file, request, PLAYGROUND_POLICY)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Swagger UI."""
    return await _page(DOCUMENTATION, "docs.html", request, DOCUMENTATION_POLICY)


@router.get("/redoc")
async def redoc(request: Request) -> Response:
    """ReDoc."""
    return await _page(DOCUMENTATION, "redoc.html", request, DOCUMENTATION_POLICY)


@router.get("/static/{file}")
async def static(file: str, request: Request) -> Response:
    """A file of the documentation: ours, or one of the libraries. It answers 304 to who has it already."""
    reply = None if is_page(file) else await DOCUMENTATION.answer(file, request.headers)
    if reply is None:
        reply = await LIBRARIES.get_response(file, request.scope)
        reply.headers.update(HEADERS)
    return reply


@router.get("/openapi.json")
def schema(request: Request) -> Response:  # not async, thus in a thread: the first time takes long
    """The OpenAPI schema, for the path that a proxy offers the service at."""
    return Response(_schema(request.app, request.scope.get("root_path") or "/"), media_type="application/json")


@functools.lru_cache(maxsize=1)
def _schema(api: FastAPI, root_path: str) -> bytes:
    return json.dumps(
        api.openapi() | {"servers": [{"url": root_path}]}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def is_page(file: str) -> bool:
    """Whether a file has an address of its own, to which its URLs are relative."""
    return file.endswith(".html")


async def _page(files: PageFiles, name: str, request: Request, policy: dict[str, str]) -> Response:
    """A file with a policy. Raises the 404 of unknown paths."""
    reply = await files.answer(name, request.headers, policy)
    if reply is None:
        raise HTTPException(404)
    return reply

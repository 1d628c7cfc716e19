"""Real connections to the app behind uvicorn, in a thread of the test's process; and the app without a server."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO, NamedTuple, TypeVar

import httpx
import uvicorn

from service.app import create_app
from service.http.middleware import RequestMiddleware
from service.http.protocol import AdmissionProtocol
from tests import fakes
from tests.fakes import Gate
from tests.patience import PATIENCE_S

T = TypeVar("T")
JSON = {"content-type": "application/json"}


class RunningServer(NamedTuple):
    """A uvicorn server in a thread, its app and its port."""

    server: uvicorn.Server
    app: RequestMiddleware
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """A new connection, on which nothing is sent yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def post(self, path: str, body: object) -> socket.socket:
        """A new connection, on which a request is sent; its response is not read."""
        connection = self.connect()
        connection.sendall(post_bytes(path, body))
        return connection


def until(condition: Callable[[], object]) -> None:
    """Wait until another process or thread has done something; fail when it never does."""
    latest = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.005)


def gated_app(models: Path, gate: Gate | None = None, **settings: Any) -> tuple[RequestMiddleware, Gate]:
    """The app with one forecaster, whose network is behind a gate."""
    gate = gate or Gate(fakes.last_plus_ten)
    load = fakes.FakeLoad(models, [fakes.forecast_bundle(run=gate)])
    return create_app(fakes.settings(models, **settings), load), gate


@contextmanager
def connected(models: Path, gate: Gate | None = None, **settings: Any) -> Iterator[RunningServer]:
    """Serve the gated app with uvicorn on a free port."""
    app, gate = gated_app(models, gate, **({"max_batch": 1} | settings))
    with listening(app) as running:
        try:
            yield running
        finally:
            gate.open()


@contextmanager
def listening(app: RequestMiddleware) -> Iterator[RunningServer]:
    """Serve an app with uvicorn on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, http=AdmissionProtocol, proxy_headers=False))
    with socket.create_server(("127.0.0.1", 0)) as port:
        thread = Thread(target=lambda: asyncio.run(server.serve([port])))
        thread.start()
        until(lambda: server.started)
        try:
            yield RunningServer(server, app, port.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


def run_app(app: RequestMiddleware, work: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
    """Run `work(client)` within the app's lifespan, on one event loop and without a server."""

    async def run() -> T:
        async with app.api.router.lifespan_context(app.api), asgi_client(app) as client:
            return await work(client)

    return asyncio.run(run())


def asgi_client(app: RequestMiddleware) -> httpx.AsyncClient:
    """A client that calls the app directly."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


def post_head(path: str, *headers: str) -> bytes:
    """Request line and headers of a JSON request."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode()


def post_bytes(path: str, body: object) -> bytes:
    """A whole JSON request."""
    content = json.dumps(body).encode()
    return post_head(path, f"Content-Length: {len(content)}") + content


def read_status(responses: BinaryIO) -> int:
    """Read one whole response, and return its status."""
    status = int(responses.readline().split()[1])
    length = 0
    while (line := responses.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    responses.read(length)
    return status

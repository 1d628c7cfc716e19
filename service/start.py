"""A start from the environment: settings, then models, then the port. A start that fails prints why, a line for each fault.

Exit statuses: 0 after a stop, 2 for settings that are not valid, 3 for models or an address that cannot be served.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Iterable
from typing import cast

import uvicorn

from . import logs
from .app import create_app
from .artifacts.files import BundleError
from .artifacts.trusted_keys import TrustedKeysError
from .environment import EnvironmentFault, read_settings, warnings
from .http.host import Host
from .http.middleware import RequestMiddleware
from .http.protocol import AdmissionProtocol
from .http.server import LAST_SECONDS, CannotListen, Server
from .keys import KeysError
from .settings import Settings

# How long a thread may hold the interpreter while another waits. Python's default of 5 ms is as long as ten small forecasts.
SWITCH_SECONDS = 0.0005
log = logging.getLogger("gatecast")


class CannotStart(Exception):
    """There is no start: the exit status, and a line for each reason."""

    def __init__(self, status: int, faults: Iterable[str]) -> None:
        super().__init__("; ".join(faults))
        self.status, self.faults = status, list(faults)


def serve(settings: Settings, *, ends_at_hangup: bool) -> int:
    """Serve until a signal ends it, as one process. Returns the exit status. `ends_at_hangup`: SIGHUP is such a signal."""
    try:
        app, config = prepare(settings)
    except EnvironmentFault as error:
        return _fail(error.faults, 2)
    try:
        run(Server(config, app, ends_at_hangup=ends_at_hangup), app)
    except CannotStart as error:
        return _fail(error.faults, error.status)
    return 0


def run(server: Server, app: RequestMiddleware) -> None:
    """Run a server until it ends. Raises CannotStart."""
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        server.run()
    except BundleError as error:
        raise CannotStart(3, error.faults) from error
    except CannotListen as error:
        raise CannotStart(3, [str(error)]) from error
    finally:
        with contextlib.suppress(OSError):  # nobody reads the log any more
            app.flush()


def check() -> int:
    """Verify all models without opening the port, and print each with its engine. Returns the exit status."""
    try:
        settings = read_settings(os.environ)
        logs.configure(settings.log_level, settings.log_format)
        for warning in warnings(os.environ):
            log.warning(warning)
        app, _ = prepare(settings)
    except EnvironmentFault as error:
        return _fail(error.faults, 2)
    try:
        faults = asyncio.run(_check(app))
    except BundleError as error:
        faults = list(error.faults)
    return _fail(faults, 3) if faults else 0


async def _check(app: RequestMiddleware) -> list[str]:
    repository = app.state.repository
    refused = await repository.open()
    for model in repository.registry:
        card = model.predictor.card
        print(f"{card.name}/{card.version}: proven, engine {model.predictor.backend}")
    await repository.close()
    return [version.reason for version in refused]


def prepare(settings: Settings, host: Host | None = None) -> tuple[RequestMiddleware, uvicorn.Config]:
    """The application, and how uvicorn serves it. Raises EnvironmentFault."""
    try:
        app = create_app(settings, host=host)
    except (KeysError, TrustedKeysError) as error:
        raise EnvironmentFault([str(error)]) from None
    config = server_config(settings, app)
    config.load()
    return app, config


def server_config(settings: Settings, app: RequestMiddleware) -> uvicorn.Config:
    """How uvicorn serves the application. It must be loaded before use."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=AdmissionProtocol,
        lifespan="off",  # the server runs the application's own, and bounds its time
        workers=1,  # otherwise a variable of another program, WEB_CONCURRENCY, would be read
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        # uvicorn hands it on to call_later, which takes fractions
        timeout_keep_alive=cast(int, settings.keep_alive_s),
        timeout_graceful_shutdown=LAST_SECONDS,
        ssl_certfile=settings.tls_cert_file,
        ssl_keyfile=settings.tls_key_file,
    )


def _fail(faults: Iterable[str], status: int) -> int:
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return status

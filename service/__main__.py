"""`python -m service`: serve with the settings of the environment, until SIGTERM or Ctrl-C.

`python -m service --check` loads and verifies the models like a start, prints them, and ends with 0 if all is well.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence

import uvicorn
from pydantic import ValidationError

from service import logs
from service.app import create_app
from service.artifacts.files import BundleError
from service.http.middleware import RequestMiddleware
from service.http.protocol import AdmissionProtocol
from service.http.server import Server
from service.settings import Settings

# How long a thread may hold the interpreter while another waits. Python's default of 5 ms is as long as ten small forecasts.
SWITCH_SECONDS = 0.0005
# A request leaves hardly any reference cycles. Searching for them as often as Python does would cost a few per cent.
GC_THRESHOLDS = (10_000, 20, 50)
LAST_SECONDS = 1  # for connections to close, after the requests in flight had their time


def main(arguments: Sequence[str] = ()) -> int:
    if list(arguments) not in ([], ["--check"]):
        print("usage: python -m service [--check]; settings are read from GATECAST_… variables", file=sys.stderr)
        return 2
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            print(f"GATECAST_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}", file=sys.stderr)
        return 2
    logs.configure(settings.log_level, settings.log_format)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=AdmissionProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=LAST_SECONDS,
    )
    config.load()
    if arguments:
        return check_models(app)
    server = Server(config, settings, app.state.lifecycle, app.state.repository.reload)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GC_THRESHOLDS)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server uses it for a reload
    try:
        server.run()
    except SystemExit:  # a start that failed; the reason is printed below
        if server.started:
            raise
    except OSError as error:
        print(f"error: cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        return 3
    finally:
        app.flush()
    if not server.started:
        print(f"error: {app.state.start_error or 'could not start; see above'}", file=sys.stderr)
        return 3
    return 0


def check_models(app: RequestMiddleware) -> int:
    """Start and stop without opening the port. Returns the exit status."""

    async def start_and_stop() -> None:
        async with app.api.router.lifespan_context(app.api):
            for model in app.state.repository.registry:
                card = model.predictor.card
                print(f"{card.name}/{card.version}: proven, engine {model.predictor.backend}")

    try:
        asyncio.run(start_and_stop())
    except BundleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

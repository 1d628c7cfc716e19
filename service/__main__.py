"""`python -m service`: serve with the settings of the environment, until SIGTERM or Ctrl-C.

`python -m service --check` loads and proves the models as a start would, says which, and ends: 0 when all is well.
"""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Sequence

import uvicorn
from pydantic import ValidationError

from service.app import App, create_app
from service.artifacts.files import BundleError
from service.http.protocol import AdmissionProtocol
from service.http.server import Server
from service.settings import Settings

# How long a thread may keep the interpreter from another that waits for it; Python's own 5 ms are ten small forecasts.
SWITCH_SECONDS = 0.0005
# A request leaves hardly any cycles behind; looking for them as often as Python does costs each a few per cent.
GC_THRESHOLDS = (10_000, 20, 50)
LAST_SECONDS = 1  # for connections to close, when the requests in flight have had their time


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
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
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
        return check(app)
    server = Server(config, settings, app.state.lifecycle, lambda: app.state.library.reload())
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GC_THRESHOLDS)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server takes it for a reload
    try:
        server.run()
    except SystemExit:  # of a start that failed; what of is said below
        if server.started:
            raise
    except OSError as error:
        print(f"error: cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        return 3
    finally:
        app.state.access.flush()
    if not server.started:
        print(f"error: {app.state.refusal or 'could not start; see above'}", file=sys.stderr)
        return 3
    return 0


def check(app: App) -> int:
    """Start and stop without opening the port."""

    async def start_and_stop() -> None:
        async with app.router.lifespan_context(app):
            for model in app.state.library.registry:
                card = model.predictor.card
                print(f"{card.name}/{card.version}: proven, engine {model.predictor.engine}")

    try:
        asyncio.run(start_and_stop())
    except BundleError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

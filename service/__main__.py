"""`python -m service`: serve with the settings of the environment, until SIGTERM or Ctrl-C."""

import logging
import signal
import sys

import uvicorn
from pydantic import ValidationError

from service.app import create_app
from service.server import Server
from service.settings import Settings

# How long a thread may keep the interpreter from another that waits for it; Python's own 5 ms are ten small forecasts.
SWITCH_SECONDS = 0.0005


def main() -> int:
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
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.shutdown_s,
    )
    server = Server(config, settings, app.state.lifecycle, lambda: app.state.library.reload())
    sys.setswitchinterval(SWITCH_SECONDS)
    # Where a signal ends it at once, uvicorn raises the signal again; without this that would be death by signal.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    server.run()
    if not server.started:
        print(f"error: {app.state.refusal or 'could not start; see above'}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A service whose model never answers, as a process: `python -m tests.hanging_service MODELS_DIR`. Settings are in the environment."""

import logging
import sys
from pathlib import Path
from threading import Event
from typing import Any

from service.app import create_app
from service.http.server import Server
from service.settings import Settings
from service.start import server_config
from tests import fakes


def hang(*arrays: Any) -> dict[str, Any]:
    """A network: its golden answer is right, and a call with other readings never ends."""
    (batch,) = arrays
    if len(batch) and batch[0, -1, 0] != fakes.READINGS[-1] / 100:
        Event().wait()
    return fakes.last_plus_ten(batch)


def main(models: Path) -> None:
    logging.basicConfig(level="INFO")
    settings = Settings(models_dir=models, port=0, inline_ms=0, max_batch=1)
    app = create_app(settings, fakes.FakeLoad(models, [fakes.forecast_bundle(run=hang)]))
    config = server_config(settings, app)
    config.load()
    Server(config, app).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

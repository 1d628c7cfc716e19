"""The start of the service: one process, or a supervisor that starts several. It says why there is no start."""

import asyncio
import logging
import os
import sys
from collections.abc import Iterable

from .. import logs
from ..cores import usable_cores
from ..environment import EnvironmentFault, read_settings, warnings
from ..settings import Settings
from .open_files import MORE_FILES, is_lack

TOO_MUCH = f"the memory that %d workers share cannot be made: %s. {MORE_FILES}"
TOO_FEW_FILES = f"%d workers cannot be supervised: %s. {MORE_FILES}"
log = logging.getLogger("gatecast")


def serve(*, ends_at_hangup: bool) -> int:
    """Serve until a signal ends it. Returns the exit status. `ends_at_hangup`: SIGHUP is one of these signals."""
    try:
        settings = read_settings(os.environ)
    except EnvironmentFault as error:
        return fail(error.faults, 2)
    logs.configure(settings.log_level, settings.log_format)
    for warning in warnings(os.environ):
        log.warning(warning)
    workers = number_of_workers(settings)
    if workers > 1:
        return _supervise(settings, workers, ends_at_hangup=ends_at_hangup)
    from .. import start  # only here: it imports all the rest

    return start.serve(settings.model_copy(update={"workers": 1}), ends_at_hangup=ends_at_hangup)


def number_of_workers(settings: Settings) -> int:
    """The workers that the settings ask for."""
    return usable_cores() if settings.workers == "auto" else settings.workers


def _supervise(settings: Settings, workers: int, *, ends_at_hangup: bool) -> int:
    from ..http.listening import CannotListen
    from . import sockets
    from .crew import CannotStart
    from .memory import Estate
    from .supervisor import Supervisor

    async def run() -> int:
        return await Supervisor(settings, estate, ends_at_hangup=ends_at_hangup).run()

    try:
        ports, _claim = sockets.bind(settings, workers)  # the claim holds while there is a name for it
        try:
            estate = Estate(workers, ports)
        except OSError as error:
            return fail([TOO_MUCH % (workers, error)], 3)
        logs.share(estate.log_lock)
        return asyncio.run(run())
    except CannotListen as error:
        return fail([str(error)], 3)
    except CannotStart as error:
        return fail(error.faults, error.status)
    except OSError as error:
        if not is_lack(error):
            raise
        return fail([TOO_FEW_FILES % (workers, error)], 3)


def fail(faults: Iterable[str], status: int) -> int:
    """Print why there is no start."""
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return status

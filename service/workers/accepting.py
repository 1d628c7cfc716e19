"""Having a worker accept the connections of its slots, or ending it where it can accept none."""

import logging

from .channel import CannotDo, Gone
from .process import Worker

log = logging.getLogger("gatecast.workers")


async def have_accept(worker: Worker, slots: list[int]) -> str:
    """Have a worker accept connections of these slots. One that can accept none is killed; returns why, or nothing."""
    before = worker.slots
    try:
        await worker.listen(slots)
    except CannotDo as error:
        worker.slots = before
        fault = f"worker {worker.slot} cannot accept connections: {error}"
        log.error(fault)
        if not before:
            worker.kill()
            return fault
    except (Gone, TimeoutError):
        pass  # its end is noticed elsewhere
    return ""

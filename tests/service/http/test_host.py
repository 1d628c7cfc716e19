"""What a process shares with the others of its host; alone, nothing."""

import asyncio

from service.http.host import MEMORIES, Host
from service.settings import Settings


def test_a_process_that_is_alone_has_counts_and_memory_of_its_own():
    host = Host.alone(Settings())
    assert (host.is_alone, host.index, host.versions) == (True, 0, None)
    host.in_flight.set(3)
    assert (host.in_flight.total(), host.connections.total()) == (3, 0)
    memory = host.memory(MEMORIES[0], 4096)
    with memory.locked():
        memory.bytes[0] = 1
    assert host.memory(MEMORIES[0], 4096).bytes[0] == 0


def test_a_reload_of_a_process_that_is_alone_is_its_own(serve):
    """It loads nothing where nothing has changed, and is counted."""
    state = serve().app.state
    report = asyncio.run(state.reload())
    assert (report.loaded, report.refused) == ([], [])
    assert state.repository.reloads["done"] == 1

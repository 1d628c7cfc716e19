"""Freed memory goes back to the system."""

import asyncio
import gc
import weakref

import pytest

from service.http.connections import Connections
from service.http.lifecycle import Lifecycle
from service.http.memory import MAX_SKIPPED, MemoryKeeper, find_trim, resident_bytes


class Cycle:
    """Refers to itself, so that only a search frees it."""

    def __init__(self):
        self.itself = self


class Body:
    """A request with a large body."""

    def evict(self):
        pass


class Process:
    """Resident memory that trimming brings back to `least`."""

    def __init__(self, least):
        self.least = least
        self.resident = least
        self.trims = 0

    def trim(self, pad):
        self.trims += 1
        self.resident = self.least

    def keeper(self, connections=None, in_flight=0):
        lifecycle = Lifecycle()
        lifecycle.in_flight = in_flight
        return MemoryKeeper(connections or Connections(9, 1 << 20), lifecycle, self.trim, lambda: self.resident)


@pytest.fixture(autouse=True)
def _no_search_by_itself():
    gc.disable()
    yield
    gc.enable()


def test_cycles_are_freed():
    cycle = weakref.ref(Cycle())
    asyncio.run(Process(100).keeper().tidy())
    assert cycle() is None


@pytest.mark.parametrize("size", [0, 100_000])
def test_cycles_wait_for_many_or_large_requests_but_not_for_ever(size):
    connections = Connections(9, 1 << 20)
    connections.keep(Body(), size, is_whole=False)
    keeper = Process(100).keeper(connections, in_flight=1 if size else 33)
    cycle = weakref.ref(Cycle())
    for _ in range(MAX_SKIPPED):
        asyncio.run(keeper.tidy())
        assert cycle() is not None
    asyncio.run(keeper.tidy())
    assert cycle() is None


def test_memory_is_given_back_when_it_has_grown():
    process = Process(100)
    keeper = process.keeper()
    asyncio.run(keeper.tidy())
    process.trims = 0
    process.resident = 102
    asyncio.run(keeper.tidy())
    assert process.trims == 0
    process.resident = 150
    asyncio.run(keeper.tidy())
    assert (process.trims, process.resident) == (1, 100)


def test_memory_that_is_freed_later_is_given_back_later():
    """While it is in use, nothing can be given back; the next time it can."""
    process = Process(100)
    keeper = process.keeper()
    asyncio.run(keeper.tidy())
    process.least = process.resident = 200
    asyncio.run(keeper.tidy())
    assert process.resident == 200
    process.least = 100
    asyncio.run(keeper.tidy())
    assert process.resident == 100


def test_the_c_librarys_function_can_be_called():
    trim = find_trim()
    assert trim is None or trim(0) in (0, 1)


def test_a_process_knows_its_memory():
    assert resident_bytes() == 0 or resident_bytes() > 10_000_000

"""Memory goes back after large requests."""

import asyncio

from service.http.memory import LARGE_BYTES, MemoryTrimmer, find_trim


def calls_after(sizes, monkeypatch):
    monkeypatch.setattr("service.http.memory.DELAY_SECONDS", 0.0)

    async def run():
        called = asyncio.Event()
        loop = asyncio.get_running_loop()
        calls = []

        def trim(pad):
            calls.append(pad)
            loop.call_soon_threadsafe(called.set)

        trimmer = MemoryTrimmer(trim)
        for size in sizes:
            trimmer.note(size)
        if max(sizes) > LARGE_BYTES:
            await called.wait()
        else:
            await asyncio.sleep(0)
        return calls

    return asyncio.run(run())


def test_memory_is_trimmed_once_after_large_requests(monkeypatch):
    assert calls_after([LARGE_BYTES + 1] * 50, monkeypatch) == [0]


def test_small_requests_do_not_trim(monkeypatch):
    assert calls_after([LARGE_BYTES] * 50, monkeypatch) == []


def test_a_c_library_without_trimming_is_left_alone():
    async def run():
        MemoryTrimmer(None).note(1 << 30)

    asyncio.run(run())


def test_the_c_librarys_function_can_be_called():
    trim = find_trim()
    assert trim is None or trim(0) in (0, 1)

"""Memory goes back after large requests."""

import asyncio

from service.http.memory import MemoryTrimmer, find_trim


def test_memory_is_trimmed_once_after_several_large_requests(monkeypatch):
    monkeypatch.setattr("service.http.memory.DELAY_SECONDS", 0.0)

    async def run():
        called = asyncio.Event()
        loop = asyncio.get_running_loop()
        calls = []

        def trim(pad):
            calls.append(pad)
            loop.call_soon_threadsafe(called.set)

        trimmer = MemoryTrimmer(trim)
        for _ in range(50):
            trimmer.note()
        await called.wait()
        assert calls == [0]
        called.clear()
        trimmer.note()
        await called.wait()
        assert calls == [0, 0]

    asyncio.run(run())


def test_a_c_library_without_trimming_is_left_alone():
    async def run():
        MemoryTrimmer(None).note()

    asyncio.run(run())


def test_the_c_librarys_function_can_be_called():
    trim = find_trim()
    assert trim is None or trim(0) in (0, 1)

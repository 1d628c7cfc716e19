"""The bystander: how it asks, and what is made of its times."""

import asyncio
from pathlib import Path

from benchmarks.hostile.bystander import LOST, Bystander, Caller, Sample, summarize
from benchmarks.hostile.requests import get
from tests.servers import ended

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def ask(times, *responses):
    """The statuses of so many requests. Each connection answers with the responses in order, and then closes."""
    serving = []

    async def answer(reader, writer):
        serving.append(asyncio.current_task())
        try:
            for response in responses:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(response)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def run():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            caller = Caller("/livez", server.sockets[0].getsockname()[1], get("/livez"))
            statuses = [await caller.ask() for _ in range(times)]
            caller.leave()
            server.close()
            await ended(serving)
            return statuses, len(serving)

    return asyncio.run(run())


def test_a_connection_is_kept():
    assert ask(3, OK, OK, OK) == ([200, 200, 200], 1)


def test_a_connection_that_is_said_to_close_is_made_again():
    closing = OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
    assert ask(3, closing) == ([200, 200, 200], 3)


def test_a_connection_that_is_closed_unsaid_loses_a_request():
    statuses, connections = ask(3, OK)
    assert statuses == [200, LOST, 200]
    assert connections == 2


def test_a_refusal_is_seen():
    assert ask(1, OK.replace(b"200", b"503")) == ([503], 1)


def test_nobody_listening_loses_a_request():
    async def run():
        return await Caller("/livez", 1, get("/livez")).ask()

    assert asyncio.run(run()) == LOST


def test_a_silent_service_loses_a_request(monkeypatch):
    monkeypatch.setattr("benchmarks.hostile.bystander.LOST_S", 0.05)
    assert ask(1) == ([LOST], 1)


def test_a_line_that_is_half_written_is_read_when_it_is_whole():
    bystander = Bystander(1, "")
    with Path(bystander.file.name).open("a", buffering=1) as file:
        file.write("/livez 1.0 0.001 200\n/forecast 1.0 0.0")
        file.flush()
        bystander._read()
        assert bystander.samples == [Sample("/livez", 1.0, 0.001, 200)]
        file.write("02 200\n/livez 3.0 0.001 503\n/forecast 3.0 0.1 200\n")
    assert bystander.between(0.5, 2.0) == [Sample("/livez", 1.0, 0.001, 200), Sample("/forecast", 1.0, 0.002, 200)]
    assert [sample.status for sample in bystander.samples] == [503, 200]
    bystander.file.close()


def test_times_are_summarized_by_path():
    samples = [Sample("/livez", float(n), 0.001 * n, 200) for n in range(1, 101)]
    samples += [Sample("/forecast", 1.0, 0.5, 503), Sample("/forecast", 2.0, 5.0, LOST)]
    seen = summarize(samples)
    assert seen["/livez"] == {"requests": 100, "p50": 50.5, "p99": 99.01, "worst": 100.0, "others": {}}
    assert seen["/forecast"]["others"] == {"503": 1, "lost": 1}
    assert seen["/forecast"]["worst"] == 5000.0


def test_no_request_has_no_times():
    assert summarize([])["/livez"]["requests"] == 0

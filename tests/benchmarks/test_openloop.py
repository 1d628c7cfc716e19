"""A short plan against a server that is too slow for it."""

import asyncio

from benchmarks.openloop import OpenLoopRun, parse_plan
from benchmarks.plan import LoadPlan
from tests.servers import ended

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


async def _run(delay_s, **options):
    """Run a plan against a server that answers every request after `delay_s`."""

    serving = set()

    async def answer(reader, writer):
        serving.add(asyncio.current_task())
        try:
            while await reader.readuntil(b"\r\n\r\n{}"):
                await asyncio.sleep(delay_s)
                writer.write(RESPONSE)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    report = await OpenLoopRun(LoadPlan(port, "/forecast", b"{}", **options)).run()
    server.close()
    await ended(serving)
    return report


def test_waiting_for_a_connection_counts_as_latency():
    """Ten requests in 50 ms over one connection, 20 ms each: the last one waits for the nine before it."""
    report = asyncio.run(_run(0.02, rate=200, seconds=0.05, connections=1))
    assert report["answered"] == {"200": 10}
    assert (report["lost"], report["unsent"]) == (0, 0)
    assert report["waited_for_a_connection"] >= 9  # the first one waits, too, where the machine is busy
    assert report["latency"]["max"] > 10 * 20 - 50
    assert report["latency_since_sent"]["p50"] < report["latency"]["p50"]


def test_callers_that_hang_up_are_not_lost():
    report = asyncio.run(_run(0.0, rate=200, seconds=0.1, connections=8, hangup=1.0))
    assert (report["hung_up"], report["answered"], report["lost"]) == (20, {}, 0)


def test_the_command_line_becomes_a_plan(tmp_path):
    body = tmp_path / "body.json"
    body.write_bytes(b"{}")
    arguments = ["--port", "8000", "--body", str(body), "--rate", "100", "--poisson"]
    expected = LoadPlan(8000, "/forecast", b"{}", rate=100.0, seconds=10, connections=64, poisson=True)
    assert parse_plan(arguments) == expected

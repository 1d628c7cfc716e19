"""Counters of /metrics beside what the generator itself counted, while workers are killed.

Each connection sends a request and reads its answer. What it got an answer for is counted; where the connection broke, the
request was in flight when its worker was killed, and may be counted by the service or not.
"""

import asyncio
import json
import os
import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import ServerProcess

CONNECTIONS = 32
KILLS_AT = (0.3, 0.6)  # of the requests
SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)$", re.MULTILINE)


@dataclass
class Counts:
    """What was sent and answered, and what the service says. `broken` requests were in flight when a worker was killed."""

    sent: int = 0
    answered: int = 0
    broken: int = 0
    refused_connections: int = 0
    killed: list[int] = field(default_factory=list)
    counters: dict[str, float] = field(default_factory=dict)
    are_equal: bool = False  # but for the broken ones


async def compare_counts(process: ServerProcess, requests: int) -> Counts:
    """Send so many requests, kill two workers on the way, and compare."""
    before = counters(process)
    counts = Counts()
    kills = [int(part * requests) for part in KILLS_AT]
    head = "POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    body = process.server.calls["forecast"].body
    request = head.format(len(body)).encode() + body

    async def client() -> None:
        while counts.sent < requests:
            await _converse(process, request, requests, kills, counts)

    await asyncio.gather(*[client() for _ in range(CONNECTIONS)])
    await asyncio.sleep(1)
    after = counters(process)
    counts.counters = {name: after[name] - before.get(name, 0.0) for name in after}
    counts.are_equal = all(
        counts.answered <= value <= counts.answered + counts.broken for value in counts.counters.values()
    )
    return counts


async def _converse(process: ServerProcess, request: bytes, requests: int, kills: list[int], counts: Counts) -> None:
    """Send requests on one connection until it breaks or all are sent."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    except OSError:
        counts.refused_connections += 1
        return
    is_waiting = False
    try:
        while counts.sent < requests:
            if kills and counts.sent >= kills[0]:
                del kills[0]
                _kill_worker(process, counts)
            counts.sent += 1
            is_waiting = True
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
            await reader.readexactly(length)
            is_waiting = False
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            counts.answered += 1
    except (OSError, asyncio.IncompleteReadError):
        counts.broken += is_waiting
    finally:
        writer.close()


def _kill_worker(process: ServerProcess, counts: Counts) -> None:
    """Kill the worker that has lived the longest."""
    workers = [pid for pid in process.pids() if b"gatecast worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    victim = min(workers)
    counts.killed.append(victim)
    os.kill(victim, signal.SIGKILL)


def counters(process: ServerProcess) -> dict[str, float]:
    """Requests, items and observations of /forecast, as the service counts them."""
    text = process.request("GET", "/metrics")[1].decode()
    body = json.loads(process.server.calls["forecast"].body)
    model = f'model="{body["model"]}"'
    wanted = {
        "http_requests_total": 'handler="/forecast"',
        "http_request_duration_seconds_count": 'handler="/forecast"',
        "gatecast_model_items_total": model,
        "gatecast_queue_wait_seconds_count": model,
    }
    sums = dict.fromkeys(wanted, 0.0)
    for name, labels, value in SAMPLE.findall(text):
        if name in wanted and wanted[name] in labels:
            sums[name] += float(value)
    return sums

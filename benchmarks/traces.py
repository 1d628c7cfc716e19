"""What traces cost a request: `/forecast` with `gru`, by the server's processor time.

    python -m benchmarks.traces                        # off, and on at 0, 1 and 100 %: two minutes
    python -m benchmarks.traces --alone                # the single steps only, in nanoseconds

One service is on core 0, and is switched between the states by signals (servers/traced.py), since two processes with the same
program differ by some per cent. The load and a collector that keeps nothing are on core 1: so many connections send a request
each, and the next when all have their answers. A round is some hundred requests in each state, in random order. Wall-clock rates
would tell of what else the machine does, so requests are weighed by processor time. The thread that sends spans works now and
then, in whatever round, so its time over all rounds is divided by all requests of its state, and added. At 100 % the service
makes more spans than it can send; what finds no room is dropped. The single steps are timed in this process, each by the least
of several tries.
"""

import argparse
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from time import thread_time
from timeit import repeat
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
from starlette.types import Message, Scope

from benchmarks import machine
from benchmarks.closed_rounds import Callers
from benchmarks.files import RESULTS, write_json
from benchmarks.measures import least
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.collector import collecting
from benchmarks.servers.server import Server, Task
from service.http.request import RequestContext
from service.http.tracing.finished import FinishedRequest
from service.http.tracing.sampling import Sampling
from service.http.tracing.span_queue import QueueLimits, SpanQueue
from service.http.tracing.spans import SpanMaker
from service.http.tracing.tracer import RequestTracing

TASK: Task = "forecast"
OFF, OTHERS, SENDER = "off", "", "traces"
CALLS = 2_000
QUIET_SECONDS = 6.0  # until the last spans are sent
SHARES = {"on at 0 %": "0", "on at 1 %": "0.01", "on at 100 %": "1"}
SWITCHES = {OFF: int(signal.SIGUSR1)} | {name: signal.SIGRTMIN + number for number, name in enumerate(SHARES)}
Costs = dict[str, list[float]]  # by state: µs per request, a figure for each round


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.traces`."""

    requests: int
    rounds: int
    connections: str
    alone: bool
    out: Path


class KeptRequests(SpanQueue):
    """A queue that sends nothing, and has the last request only."""

    def __init__(self) -> None:
        super().__init__(
            ConsoleSpanExporter(), SpanMaker(Resource({})).make, QueueLimits(delay_s=3600), lambda *_: None
        )
        self.last: FinishedRequest | None = None

    def put(self, request: FinishedRequest) -> None:
        self.last = request


class Version:
    name, version = "gru", "3"


async def _receive() -> Message:
    raise NotImplementedError


def measure_steps() -> dict[str, float]:
    """The least processor time of each step, in ns."""
    queue, maker = KeptRequests(), SpanMaker(Resource({}))
    tracing = RequestTracing(Sampling(bound=0, follows_parents=True), queue)
    chosen = RequestTracing(Sampling(), queue)
    scope: Scope = {"method": "POST", "path": "/forecast", "scheme": "http", "http_version": "1.1"}
    parent = {b"traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}
    context = RequestContext({**scope, "headers": [(b"host", b"127.0.0.1:8000")]}, _receive)
    context.model, context.version, context.items, context.status = "gru", "3", 1, 200
    context.read_seconds, context.client = 0.0001, "127.0.0.1"

    def note() -> None:
        context.trace = chosen.begin("/forecast", context.headers)
        context.record(0.0001, 0.0003, 1, context.started + 0.0002, Version())
        chosen.end(context, scope)

    note()
    request = queue.last
    assert request is not None
    made = maker.make(request)
    steps: dict[str, Callable[[], object]] = {
        "a request that is left out": lambda: tracing.begin("/forecast", context.headers),
        "the same, with a parent": lambda: tracing.begin("/forecast", parent),
        "a request that is chosen, on the event loop": note,
        "its four spans": lambda: maker.make(request),
        "these as protobuf": lambda: encode_spans(made).SerializeToString(),
    }
    least = {name: min(repeat(step, timer=thread_time, number=CALLS, repeat=7)) for name, step in steps.items()}
    queue.close(1)
    return {name: round(1e9 * seconds / CALLS) for name, seconds in least.items()}


def service(url: str) -> Server:
    """The service with its switch, which sends spans to the collector."""
    own = gatecast("onnx")
    variables = {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0",
        "TRACED_SHARES": ",".join(SHARES.values()),
    }
    return replace(
        own,
        calls={TASK: own.calls[TASK]},
        command=lambda _: [sys.executable, "-m", "benchmarks.servers.traced"],
        env=lambda port: own.env(port) | variables,
    )


def thread_us(pid: int) -> dict[str, float]:
    """Processor time so far of each thread that sends spans, and of all others together, in µs.

    The scheduler's own count is finer than the ticks of `stat`.
    """
    times: dict[str, float] = {OTHERS: 0.0}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        name = name if name.startswith(SENDER) else OTHERS
        times[name] = times.get(name, 0.0) + int((task / "schedstat").read_text().split()[0]) / 1000
    return times


def run_rounds(process: ServerProcess, callers: Callers, options: Options) -> Costs:
    """All rounds of all states, after one that warms up and does not count: µs of a request, without the sending of spans."""
    pid, chance = process.process.pid, random.Random(0)
    costs: Costs = {name: [] for name in SWITCHES}
    for number in range(options.rounds + 1):
        for name in chance.sample(list(SWITCHES), len(SWITCHES)):
            process.process.send_signal(SWITCHES[name])
            callers.send(len(callers))
            before = thread_us(pid)[OTHERS]
            sent = callers.send(options.requests)
            costs[name] += [(thread_us(pid)[OTHERS] - before) / sent] if number else []
    return costs


def measure_rounds(options: Options, connections: int) -> list[dict[str, Any]]:
    """The results of all rounds with so many connections."""
    with collecting() as collector, ServerProcess(service(collector.url)) as process:
        with Callers(process.port, process.server.calls[TASK], connections) as callers:
            before = thread_us(process.process.pid)
            costs = run_rounds(process, callers, options)
            requests = (options.rounds + 1) * (options.requests + connections)
        time.sleep(QUIET_SECONDS)
        sending = {name: (us - before[name]) / requests for name, us in thread_us(process.process.pid).items()}
    rows = summary(costs, sending)
    for row in rows:
        print(
            f"{connections} connections, traces {row['traces']}: {row['us']} µs a request and {row['sending_us']} for sending, "
            f"{row['of_off']} of that without traces, quartiles {row['quartiles']}, "
            f"least {row['least']}"
        )
    return [{"connections": connections} | row for row in rows]


def summary(costs: Costs, sending: dict[str, float]) -> list[dict[str, Any]]:
    """Medians of the processor time, and of the ratios to the state without traces in the same round, with quartiles; and
    the ratio of the cheapest rounds, which other processes of the machine disturb least.
    """
    rows = []
    for number, (name, found) in enumerate(costs.items()):
        sent = sending.get(f"{SENDER}{number - 1}", 0.0)
        ratios = [(cost + sent) / off for cost, off in zip(found, costs[OFF], strict=True)]
        low, middle, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        figures = {"us": round(median(found), 2), "sending_us": round(sent, 2), "of_off": round(middle, 4)}
        cheapest = least([cost + sent for cost in found], costs[OFF])
        spread = {"quartiles": [round(low, 4), round(high, 4)], "least": round(cheapest, 4)}
        rows.append({"traces": name} | figures | spread)
    return rows


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="what traces cost a request")
    parser.add_argument("--requests", type=int, default=800, help="of each state in a round")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--connections", default="1,16", help="comma-separated")
    parser.add_argument("--alone", action="store_true", help="the single steps only")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return Options(**vars(parser.parse_args(arguments)))


def main() -> None:
    options = parse_options()
    machine.use_load_core()
    report: dict[str, Any] = {"machine": machine.describe(), "steps_ns": measure_steps()}
    for name, nanoseconds in report["steps_ns"].items():
        print(f"{name}: {nanoseconds:,} ns")
    if not options.alone:
        results = [row for count in options.connections.split(",") for row in measure_rounds(options, int(count))]
        report |= {"rounds": options.rounds, "requests": options.requests, "results": results}
    write_json(options.out / ("traces_alone.json" if options.alone else "traces.json"), report)


if __name__ == "__main__":
    main()

"""What traces cost a request: `/forecast` with `gru`, by the server's processor time.

    python -m benchmarks.traces                        # off, on at 1 %, on at 100 %: two minutes
    python -m benchmarks.traces --alone                # the single steps only, in nanoseconds

The services share core 0; the load and a collector that keeps nothing are on core 1, and a service without load takes no
time. A round is a closed loop on each service in turn, in alternating order. Wall-clock rates would tell of what else the
machine does, so requests are weighed by the processor time of the server, its thread for spans included. The report has the
median of all rounds and of the ratios to `off` within a round, with quartiles, and the least: what else runs only adds to it.
At 100 % the service makes more spans than it can send; what finds no room is dropped. The single steps are timed in this
process, each by the least of several tries.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from time import thread_time
from timeit import repeat
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from starlette.types import Message, Scope

from benchmarks import machine
from benchmarks.files import RESULTS, write_json
from benchmarks.load import run_wrk
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.collector import collecting
from benchmarks.servers.server import Server, Task
from service.http.request import RequestContext
from service.http.tracing.sampling import Shortcut
from service.http.tracing.span_queue import QueueLimits, SpanQueue
from service.http.tracing.tracer import RequestTracing

TASK: Task = "forecast"
OFF = "off"
CALLS = 2_000
TRIES = 3  # of a load: on a busy machine wrk may get no turn at all
RATIOS: dict[str, str | None] = {OFF: None, "on at 1 %": "0.01", "on at 100 %": "1"}
Rounds = dict[str, dict[str, list[float]]]  # by connections, then by service: µs per request, a figure for each round


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.traces`."""

    seconds: float
    rounds: int
    connections: str
    alone: bool
    out: Path


class KeptSpans(SpanQueue):
    """A queue that sends nothing, and has the spans of the last request only."""

    def __init__(self) -> None:
        super().__init__(ConsoleSpanExporter(), QueueLimits(delay_s=3600), lambda *_: None)
        self.last: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.last = [*self.last[-3:], span]


class Version:
    name, version = "gru", "3"


async def _receive() -> Message:
    raise NotImplementedError


def measure_steps() -> dict[str, float]:
    """The least processor time of each step, in ns."""
    queue = KeptSpans()
    sampler, shortcut = ParentBased(TraceIdRatioBased(0.0)), Shortcut(bound=0, follows_parents=True)
    tracing = RequestTracing(sampler, queue, Resource({}), shortcut=shortcut)
    chosen = RequestTracing(ParentBased(TraceIdRatioBased(1.0)), queue, Resource({}))
    scope: Scope = {"method": "POST", "path": "/forecast", "scheme": "http", "http_version": "1.1"}
    parent = {b"traceparent": b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}
    context = RequestContext({**scope, "headers": [(b"host", b"127.0.0.1:8000")]}, _receive)
    context.model, context.version, context.items, context.status = "gru", "3", 1, 200
    context.read_seconds, context.client = 0.0001, "127.0.0.1"

    def spans() -> None:
        context.trace = chosen.begin("POST", "/forecast", context.headers)
        context.record(0.0001, 0.0003, 1, context.started + 0.0002, Version())
        chosen.end(context, scope)

    spans()
    steps: dict[str, Callable[[], object]] = {
        "a request that is left out": lambda: tracing.begin("POST", "/forecast", context.headers),
        "the same, with a parent": lambda: tracing.begin("POST", "/forecast", parent),
        "a request that is chosen, and its four spans": spans,
        "these as protobuf": lambda: encode_spans(queue.last).SerializeToString(),
    }
    least = {name: min(repeat(step, timer=thread_time, number=CALLS, repeat=7)) for name, step in steps.items()}
    queue.close(1)
    return {name: round(1e9 * seconds / CALLS) for name, seconds in least.items()}


def service(name: str, ratio: str | None, url: str) -> Server:
    """The service, which sends this share of its traces to the collector; none, without one."""
    own = gatecast("onnx")
    variables = {"OTEL_TRACES_EXPORTER": "none"}
    if ratio is not None:
        variables = {
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": ratio,
        }
    return replace(own, name=name, calls={TASK: own.calls[TASK]}, env=lambda port: own.env(port) | variables)


def request_us(process: ServerProcess, connections: int, seconds: float) -> float:
    """The server's processor time for a request, in µs."""
    call = process.server.calls[TASK]
    for _ in range(TRIES):
        before = _cpu_ns(process)
        load = run_wrk(process.port, call.path, call.body, connections, seconds)
        if set(load.statuses) == {"200"}:
            return (_cpu_ns(process) - before) / 1000 / load.requests
    raise RuntimeError(f"traces {process.server.name}: answers {load.statuses}")


def _cpu_ns(process: ServerProcess) -> int:
    """Processor time of all threads so far; the scheduler's own count is finer than the ticks of `stat`."""
    files = [file for pid in process.pids() for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(file.read_text().split()[0]) for file in files)


def run_rounds(options: Options, url: str) -> Rounds:
    """All rounds of all services, the first of which warms up and does not count."""
    counts = options.connections.split(",")
    rounds: Rounds = {count: {name: [] for name in RATIOS} for count in counts}
    with contextlib.ExitStack() as stack:
        found = [service(name, ratio, url) for name, ratio in RATIOS.items()]
        processes = [stack.enter_context(ServerProcess(server)) for server in found]
        for number in range(options.rounds + 1):
            for process in processes if number % 2 else reversed(processes):
                for count in counts:
                    cost = request_us(process, int(count), options.seconds)
                    if number:
                        rounds[count][process.server.name].append(cost)
                        print(f"{number}: {process.server.name}, {count}: {cost:.1f} µs", file=sys.stderr, flush=True)
    return rounds


def measure_rounds(options: Options) -> dict[str, Any]:
    """The results of all rounds, and what the collector got."""
    with collecting() as collector:
        rows = summary(run_rounds(options, collector.url))
        sent = {"requests": collector.requests, "bytes": collector.bytes}
    for row in rows:
        print(
            f"{row['connections']} connections, traces {row['traces']}: {row['us']} µs a request, {row['of_off']} of that "
            f"without traces, quartiles {row['quartiles']}; at least {row['least_us']} µs, {row['least_of_off']} of that"
        )
    return {"sent": sent, "results": rows}


def summary(rounds: Rounds) -> list[dict[str, Any]]:
    """Medians and least values of the processor time, and the ratios to the service without traces, with quartiles."""
    rows = []
    for count, by_service in rounds.items():
        for name, costs in by_service.items():
            ratios = [cost / off for cost, off in zip(costs, by_service[OFF], strict=True)]
            low, middle, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
            figures = {"us": round(median(costs), 1), "of_off": round(middle, 4)}
            least = {"least_us": round(min(costs), 1), "least_of_off": round(min(costs) / min(by_service[OFF]), 4)}
            spread = least | {"quartiles": [round(low, 4), round(high, 4)]}
            rows.append({"connections": int(count), "traces": name} | figures | spread)
    return rows


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="what traces cost a request")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each load")
    parser.add_argument("--rounds", type=int, default=30)
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
        report |= {"rounds": options.rounds, "seconds": options.seconds, **measure_rounds(options)}
    write_json(options.out / ("traces_alone.json" if options.alone else "traces.json"), report)


if __name__ == "__main__":
    main()

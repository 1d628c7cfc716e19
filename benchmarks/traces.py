"""What traces cost a request: `/forecast` with `gru`, by the server's processor time.

    python -m benchmarks.traces                        # off, on at 1 %, on at 100 %: two minutes
    python -m benchmarks.traces --rounds 3 --connections 16

The services share core 0; the load and a collector that keeps nothing are on core 1, and a service without load takes no
time. A round is a closed loop on each service in turn, in alternating order. Wall-clock rates would tell of what else the
machine does, so requests are weighed by the processor time of the server, its thread for spans included. The report has the
median of all rounds, and of the ratios to `off` within a round, with quartiles. At 100 % the service makes more spans than it
can send; what finds no room is dropped.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import machine
from benchmarks.files import RESULTS, write_json
from benchmarks.load import run_wrk
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.collector import collecting
from benchmarks.servers.server import Server

TASK = "forecast"
OFF = "off"
RATIOS = {OFF: None, "on at 1 %": "0.01", "on at 100 %": "1"}
Rounds = dict[str, dict[str, list[float]]]  # by connections, then by service: µs per request, a figure for each round


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.traces`."""

    seconds: float
    rounds: int
    connections: str
    out: Path


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
    before = _cpu_ns(process)
    load = run_wrk(process.port, call.path, call.body, connections, seconds)
    if set(load.statuses) != {"200"}:
        raise RuntimeError(f"traces {process.server.name}: answers {load.statuses}")
    return (_cpu_ns(process) - before) / 1000 / load.requests


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


def summary(rounds: Rounds) -> list[dict[str, Any]]:
    """Medians of the processor time, and of the ratio to the service without traces, with its quartiles."""
    rows = []
    for count, by_service in rounds.items():
        for name, costs in by_service.items():
            ratios = [cost / off for cost, off in zip(costs, by_service[OFF], strict=True)]
            low, middle, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
            figures = {"us": round(median(costs), 1), "of_off": round(middle, 4)}
            spread = {"quartiles": [round(low, 4), round(high, 4)]}
            rows.append({"connections": int(count), "traces": name} | figures | spread)
    return rows


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="what traces cost a request")
    parser.add_argument("--seconds", type=float, default=2, help="of each load")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--connections", default="1,16", help="comma-separated")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return Options(**vars(parser.parse_args(arguments)))


def main() -> None:
    options = parse_options()
    machine.use_load_core()
    with collecting() as collector:
        rows = summary(run_rounds(options, collector.url))
        sent = {"requests": collector.requests, "bytes": collector.bytes}
    for row in rows:
        print(
            f"{row['connections']} connections, traces {row['traces']}: {row['us']} µs a request, {row['of_off']} of that "
            f"without traces, quartiles {row['quartiles']}"
        )
    report = {"machine": machine.describe(), "rounds": options.rounds, "seconds": options.seconds}
    write_json(options.out / "traces.json", report | {"sent": sent, "results": rows})


if __name__ == "__main__":
    main()

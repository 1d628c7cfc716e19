"""Three times the service's peak rate, for a minute: what it still answers, how it refuses, how it recovers.

    python -m benchmarks.overload --seconds 60

The load is an open loop over more connections than the service lets wait (GATECAST_MAX_QUEUE); with fewer it would
have no reason to refuse. A caller without a free connection gives up after a second (`unsent`). Refusals are responses
with status 503. Recovery is wrk with 64 connections in the 5 s right after.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.files import RESULTS, write_json
from benchmarks.load import run_wrk
from benchmarks.plan import LoadPlan, run_generator
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.server import TASKS, Call, Task

CONNECTIONS = 1024
PEAK_CONNECTIONS = 64
RECOVERY_S = 5


@dataclass(frozen=True)
class Options:
    """The command line. `task` has the paths to measure; `times` is the load as a multiple of the peak rate."""

    engine: str
    task: tuple[Task, ...]
    seconds: float
    times: float
    connections: int
    out: Path


def overload(process: ServerProcess, call: Call, options: Options) -> dict[str, Any]:
    """Measure peak, overload and recovery on one path, in this order."""
    run_wrk(process.port, call.path, call.body, 16, 1)
    peak = run_wrk(process.port, call.path, call.body, PEAK_CONNECTIONS, min(8, options.seconds))
    process.wait_until_idle()
    rss_before = process.rss_mb()
    rate = options.times * peak.rate
    plan = LoadPlan(process.port, call.path, call.body, rate, options.seconds, options.connections, patience=1.0)
    cpu_before = machine.cpu_times()
    report = run_generator(plan)
    disturbed = machine.disturbance(cpu_before, options.seconds, process.pids())
    rss_after = process.rss_mb()
    recovery = run_wrk(process.port, call.path, call.body, PEAK_CONNECTIONS, RECOVERY_S)
    refused = report["answered"].get("503", 0)
    return {
        "peak": asdict(peak),
        "overload": report,
        "recovery": asdict(recovery),
        "times_peak": options.times,
        "disturbed": disturbed,
        "goodput_of_peak": round(report["goodput"] / peak.rate, 3),
        "refused": refused,
        "refusals_with_retry_after": round(report["refusals_with_retry_after"] / refused, 4) if refused else None,
        "rss_mb": {"before": round(rss_before, 1), "after": round(rss_after, 1), "end": round(process.rss_mb(), 1)},
        "recovery_of_peak": round(recovery.rate / peak.rate, 3),
    }


def describe(path: str, result: dict[str, Any]) -> str:
    """The main figures, for people."""
    load, rss = result["overload"], result["rss_mb"]
    return "\n".join(
        (
            f"{path}: peak {result['peak']['rate']:,.0f}/s; offered {load['offered_rate']:,.0f}/s",
            f"  answered {load['answered']}, lost {load['lost']}, unsent {load['unsent']}",
            f"  goodput {load['goodput']:,.0f}/s = {result['goodput_of_peak']:.0%} of peak; 200s in ms {load['latency']}",
            f"  refusals in ms {load['refusal_latency']}, since sent {load['refusal_latency_since_sent']}",
            f"  refusals with Retry-After: {result['refusals_with_retry_after']}",
            f"  other processes used {result['disturbed']} cores",
            f"  MB before {rss['before']}, after {rss['after']}, at the end {rss['end']}",
            f"  next {RECOVERY_S} s: {result['recovery_of_peak']:.0%} of peak, "
            f"p50 {result['recovery']['p50']} ms, p99 {result['recovery']['p99']} ms",
        )
    )


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="the service beyond its limits")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--task", choices=TASKS, action="append", help="may be repeated; default: all")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", type=float, default=3, help="load, as a multiple of the peak rate")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    values = vars(parser.parse_args(arguments))
    return Options(task=tuple(values.pop("task") or TASKS), **values)


def main() -> None:
    options = parse_options()
    machine.use_load_core()
    server = gatecast(options.engine)
    paths: dict[Task, dict[str, Any]] = {}
    for task in options.task:
        call = server.calls[task]
        with ServerProcess(server) as process:
            paths[task] = overload(process, call, options)
        print(describe(call.path, paths[task]), flush=True)
        result = {"machine": machine.describe(), "engine": options.engine, "paths": paths}
        write_json(options.out / "overload.json", result)
    print(json.dumps({task: result["goodput_of_peak"] for task, result in paths.items()}))


if __name__ == "__main__":
    main()

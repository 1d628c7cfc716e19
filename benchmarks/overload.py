"""Three times what the service can answer, for a minute: what it still answers, how it refuses, how it recovers.

    python -m benchmarks.overload --seconds 60

Callers come in an open loop over more connections than the service lets wait (GATECAST_MAX_QUEUE), or it would
have no cause to refuse; who finds none free for a second gives up (`unsent`). Refusals are answers of 503. Recovery is wrk with 64 connections in the 5 s right after.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.load import drive
from benchmarks.plan import Plan, offer
from benchmarks.processes import Running, on_load_core, write_json
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.server import TASKS, Call

CONNECTIONS = 1024
PEAK_CONNECTIONS = 64


def overload(running: Running, call: Call, seconds: float, times: float, connections: int) -> dict[str, Any]:
    """Peak, overload, recovery on one path, in this order."""
    drive(running.port, call.path, call.body, 16, 1)
    peak = drive(running.port, call.path, call.body, PEAK_CONNECTIONS, min(8, seconds))
    running.settle()
    before = running.rss_mb()
    plan = Plan(running.port, call.path, call.body, times * peak.rate, seconds, connections, patience=1.0)
    used = machine.used()
    under = offer(plan)
    disturbed = machine.disturbance(used, seconds, running.pids())
    after = running.rss_mb()
    recovery = drive(running.port, call.path, call.body, PEAK_CONNECTIONS, 5)
    refused = under["answered"].get("503", 0)
    return {
        "peak": vars(peak),
        "overload": under,
        "recovery": vars(recovery),
        "times_peak": times,
        "disturbed": disturbed,
        "goodput_of_peak": round(under["goodput"] / peak.rate, 3),
        "refused": refused,
        "refusals_with_retry_after": round(under["refusals_with_retry_after"] / refused, 4) if refused else None,
        "rss_mb": {"before": round(before, 1), "after": round(after, 1), "end": round(running.rss_mb(), 1)},
        "recovery_of_peak": round(recovery.rate / peak.rate, 3),
    }


def told(path: str, found: dict[str, Any]) -> str:
    """The gist, for people."""
    under, rss = found["overload"], found["rss_mb"]
    return "\n".join(
        (
            f"{path}: peak {found['peak']['rate']:,.0f}/s; offered {under['offered_rate']:,.0f}/s",
            f"  answered {under['answered']}, lost {under['lost']}, unsent {under['unsent']}",
            f"  goodput {under['goodput']:,.0f}/s = {found['goodput_of_peak']:.0%} of peak; 200s in ms {under['latency']}",
            f"  refusals in ms {under['refusal_latency']}, since sent {under['refusal_latency_since_sent']}",
            f"  refusals with Retry-After: {found['refusals_with_retry_after']}",
            f"  others took {found['disturbed']} cores meanwhile",
            f"  MB before {rss['before']}, after {rss['after']}, at the end {rss['end']}",
            f"  next 5 s: {found['recovery_of_peak']:.0%} of peak, "
            f"p50 {found['recovery']['p50']} ms, p99 {found['recovery']['p99']} ms",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="the service beyond its limits")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--task", choices=TASKS, action="append", help="default: all")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", type=float, default=3, help="of the peak that is offered")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    asked = parser.parse_args()
    on_load_core()
    server = gatecast(asked.engine)
    result: dict[str, Any] = {"machine": machine.described(), "engine": asked.engine, "paths": {}}
    for task in asked.task or TASKS:
        with Running(server) as running:
            call = server.calls[task]
            found = overload(running, call, asked.seconds, asked.times, asked.connections)
        result["paths"][task] = found
        print(told(call.path, found), flush=True)
        write_json(asked.out / "overload.json", result)
    print(json.dumps({task: found["goodput_of_peak"] for task, found in result["paths"].items()}))


if __name__ == "__main__":
    main()

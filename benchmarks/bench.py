"""Every server in turn, alone on core 0, under the same load from core 1.

    python -m benchmarks.bench                          # Gatecast, the yardsticks, and peers that are installed
    python -m benchmarks.bench --only onnx,echo --seconds 2 --rounds 1

Rounds alternate over the servers, so that a machine whose speed drifts is unjust to all of them alike; what is
reported is the median of the rounds. Needs `wrk`, `taskset` and two cores.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.load import drive
from benchmarks.plan import Plan, offer
from benchmarks.processes import Running, on_load_core, write_json
from benchmarks.report import publish
from benchmarks.servers.catalogue import servers
from benchmarks.servers.server import Call, Server

CONNECTIONS = (1, 16, 64)
SHARE = 0.7  # of what 64 connections got, offered by the open loop


@dataclass(frozen=True)
class Settings:
    seconds: float
    rounds: int


def measure(server: Server, settings: Settings) -> dict[str, Any]:
    """One server, started anew: its start, its answers under load on every path, and what it holds at the end."""
    with Running(server) as running:
        running.settle()
        found: dict[str, Any] = {"ready_s": round(running.ready_s, 2), "paths": {}}
        for task, call in server.calls.items():
            found["paths"][task] = _measure_path(running, call, settings)
        found["rss_mb"] = round(running.rss_mb(), 1)
        found["processes"] = len(running.pids())
        return found


def _measure_path(running: Running, call: Call, settings: Settings) -> dict[str, Any]:
    drive(running.port, call.path, call.body, 16, 1)  # warms up what the first requests of a path pay for
    found: dict[str, Any] = {"closed_loop": {}}
    for connections in CONNECTIONS:
        running.settle()
        found["closed_loop"][str(connections)] = _closed_loop(running, call, connections, settings.seconds)
    if running.server.open_loop:
        running.settle()
        rate = SHARE * found["closed_loop"][str(CONNECTIONS[-1])]["rate"]
        plan = Plan(running.port, call.path, call.body, max(1.0, rate), settings.seconds, connections=128, poisson=True)
        before = machine.used()
        found["open_loop"] = {"share": SHARE} | offer(plan)
        found["open_loop"]["disturbed"] = machine.disturbance(before, settings.seconds, running.pids())
    return found


def _closed_loop(running: Running, call: Call, connections: int, seconds: float) -> dict[str, Any]:
    """What wrk saw, what it cost the server, and the CPU time that somebody else took meanwhile."""
    begun, before, cpu = time.perf_counter(), machine.used(), running.cpu_us()
    load = drive(running.port, call.path, call.body, connections, seconds)
    cpu, elapsed = running.cpu_us() - cpu, time.perf_counter() - begun
    return vars(load) | {
        "cpu_us": round(cpu / load.requests, 1) if load.requests else None,
        "disturbed": machine.disturbance(before, elapsed, running.pids()),
    }


def bench(chosen: Sequence[Server], settings: Settings, out: Path) -> dict[str, Any]:
    """All rounds; what is known is on disk after every server."""
    rounds: dict[str, list[dict[str, Any]]] = {server.name: [] for server in chosen}
    result: dict[str, Any] = {
        "machine": machine.described(),
        "settings": vars(settings) | {"connections": CONNECTIONS},
        "peers": [server.name for server in chosen if server.peer],
        "servers": rounds,
        "failures": [],
    }
    for number in range(settings.rounds):
        for server in chosen if number % 2 == 0 else reversed(chosen):
            print(f"round {number + 1}: {server.name}", file=sys.stderr, flush=True)
            try:
                rounds[server.name].append(measure(server, settings))
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                reason = str(error).strip().splitlines()[-1]  # the log before it names paths of this machine
                result["failures"].append(f"{server.name}, round {number + 1}: {reason}")
                print(error, file=sys.stderr)
            write_json(out / "bench.json", result)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="servers side by side; load goes to 127.0.0.1 only")
    parser.add_argument("--only", default="", help="names, comma-separated, of those to measure")
    parser.add_argument("--seconds", type=float, default=8, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("GATECAST_PEERS", ".bench-peers")))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    asked = parser.parse_args()
    known = servers(asked.peers)
    names = asked.only.split(",") if asked.only else [server.name for server in known]
    if unknown := set(names) - {server.name for server in known}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(s.name for s in known)}")
    on_load_core()
    result = bench([s for s in known if s.name in names], Settings(asked.seconds, asked.rounds), asked.out)
    print(publish(result, asked.out))
    sys.exit(1 if result["failures"] else 0)


if __name__ == "__main__":
    main()

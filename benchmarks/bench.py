"""Every server in turn, alone on core 0, under the same load from core 1.

    python -m benchmarks.bench                          # Gatecast, the baselines, and the peers that are installed
    python -m benchmarks.bench --only onnx,echo --seconds 2 --rounds 1

Rounds go through the servers in alternating order, so that a machine whose speed drifts affects all of them alike. The
report has the median of the rounds. Needs `wrk`, `taskset` and two cores.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.files import RESULTS, write_json
from benchmarks.load import run_wrk
from benchmarks.plan import LoadPlan, run_generator
from benchmarks.processes import ServerProcess
from benchmarks.report import publish
from benchmarks.servers.catalogue import all_servers
from benchmarks.servers.server import Call, Server

CONNECTIONS = (1, 16, 64)
OPEN_LOOP_SHARE = 0.7  # of the rate at 64 connections


@dataclass(frozen=True)
class Options:
    """The command line. `only` has the names of servers, comma-separated; empty means all."""

    only: str
    seconds: float
    rounds: int
    peers: Path
    out: Path


def measure(server: Server, seconds: float) -> dict[str, Any]:
    """Start one server; measure its start, its responses under load on every path, and its memory at the end."""
    with ServerProcess(server) as process:
        process.wait_until_idle()
        paths = {task: _measure_path(process, call, seconds) for task, call in server.calls.items()}
        return {
            "ready_s": round(process.ready_s, 2),
            "paths": paths,
            "rss_mb": round(process.rss_mb(), 1),
            "processes": len(process.pids()),
        }


def _measure_path(process: ServerProcess, call: Call, seconds: float) -> dict[str, Any]:
    run_wrk(process.port, call.path, call.body, 16, 1)  # the first requests of a path are slower
    closed_loop = {}
    for connections in CONNECTIONS:
        process.wait_until_idle()
        closed_loop[str(connections)] = _closed_loop(process, call, connections, seconds)
    if not process.server.open_loop:
        return {"closed_loop": closed_loop}
    process.wait_until_idle()
    rate = OPEN_LOOP_SHARE * closed_loop[str(CONNECTIONS[-1])]["rate"]
    return {"closed_loop": closed_loop, "open_loop": _open_loop(process, call, rate, seconds)}


def _closed_loop(process: ServerProcess, call: Call, connections: int, seconds: float) -> dict[str, Any]:
    """wrk's result, the server's CPU time per request, and the CPU time that other processes used."""
    start, before, cpu_before = time.perf_counter(), machine.cpu_times(), process.cpu_us()
    load = run_wrk(process.port, call.path, call.body, connections, seconds)
    cpu_us, elapsed = process.cpu_us() - cpu_before, time.perf_counter() - start
    return asdict(load) | {
        "cpu_us": round(cpu_us / load.requests, 1) if load.requests else None,
        "disturbed": machine.disturbance(before, elapsed, process.pids()),
    }


def _open_loop(process: ServerProcess, call: Call, rate: float, seconds: float) -> dict[str, Any]:
    plan = LoadPlan(process.port, call.path, call.body, max(1.0, rate), seconds, connections=128, poisson=True)
    before = machine.cpu_times()
    report = run_generator(plan)
    disturbed = machine.disturbance(before, seconds, process.pids())
    return {"share": OPEN_LOOP_SHARE} | report | {"disturbed": disturbed}


def run_rounds(servers: Sequence[Server], seconds: float, rounds: int, out: Path) -> dict[str, Any]:
    """All rounds. bench.json is written after every server; a server that fails is listed under `failures`."""
    measured: dict[str, list[dict[str, Any]]] = {server.name: [] for server in servers}
    result: dict[str, Any] = {
        "machine": machine.describe(),
        "settings": {"seconds": seconds, "rounds": rounds, "connections": CONNECTIONS},
        "peers": [server.name for server in servers if server.peer],
        "servers": measured,
        "failures": [],
    }
    for number in range(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            print(f"round {number + 1}: {server.name}", file=sys.stderr, flush=True)
            try:
                measured[server.name].append(measure(server, seconds))
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                reason = str(error).strip().splitlines()[-1]  # the log before it names paths of this machine
                result["failures"].append(f"{server.name}, round {number + 1}: {reason}")
                print(error, file=sys.stderr)
            write_json(out / "bench.json", result)
    return result


def select(servers: Sequence[Server], only: str) -> list[Server]:
    """The servers that `--only` names. Raises ValueError if it names others."""
    names = only.split(",") if only else [server.name for server in servers]
    if unknown := set(names) - {server.name for server in servers}:
        choices = ", ".join(server.name for server in servers)
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; choose from {choices}")
    return [server for server in servers if server.name in names]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="servers side by side; the load goes to 127.0.0.1 only")
    parser.add_argument("--only", default="", help="names of servers, comma-separated")
    parser.add_argument("--seconds", type=float, default=8, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("GATECAST_PEERS", ".bench-peers")))
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser


def main() -> None:
    parser = _parser()
    options = Options(**vars(parser.parse_args()))
    try:
        servers = select(all_servers(options.peers), options.only)
    except ValueError as error:
        parser.error(str(error))
    machine.use_load_core()
    result = run_rounds(servers, options.seconds, options.rounds, options.out)
    print(publish(result, options.out))
    sys.exit(1 if result["failures"] else 0)


if __name__ == "__main__":
    main()

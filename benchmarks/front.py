"""How much of a request's time is the service's own: `/forecast` and `/sentiment` beside the echo endpoint.

    python -m benchmarks.front                                   # gru beside echo: about three minutes
    python -m benchmarks.front --tasks forecast,universal,sentiment
    python -m benchmarks.front --beside ../before                # another checkout of this repository, in the same rounds

All servers are on core 0 and the load comes from core 1; a server that has no load takes no time. In every round each
server has a closed loop of 64 connections, then Poisson arrivals at 70 % of the rate that it had there. The rounds go
through the servers in alternating order, and the report has medians, and ratios to echo's.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.bench import OPEN_LOOP_SHARE
from benchmarks.files import RESULTS, write_json
from benchmarks.load import run_wrk
from benchmarks.plan import LoadPlan, run_generator
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import baseline, gatecast
from benchmarks.servers.server import TASKS, Call, Server, Task

CONNECTIONS = 64
ECHO, OWN, BESIDE = "echo", "gatecast", "beside"
WARM_UP_S = 1.0
FIGURES = ("rate", "cpu_us", "p50", "p99")
HEAD = "| path | server | req/s | of echo | CPU µs/req | open loop p50 ms | of echo | p99 ms | of echo |"

Loads = dict[str, dict[str, list[dict[str, float]]]]  # by task, then by server: a result for each round


@dataclass(frozen=True)
class Options:
    """The command line."""

    tasks: str
    seconds: float
    rounds: int
    beside: Path | None
    out: Path


def servers(options: Options, tasks: Iterable[Task]) -> list[Server]:
    """Echo, the service, and the service of another checkout if one is named; each with the paths of `tasks`."""
    own = replace(gatecast("onnx"), name=OWN)
    found = [baseline(ECHO, tasks), own]
    if options.beside is not None:
        found.append(replace(own, name=BESIDE, command=_command_of(options.beside)))
    return [replace(server, calls={task: server.calls[task] for task in tasks}) for server in found]


def _command_of(checkout: Path) -> Any:
    return lambda _: ["env", "-C", str(checkout), sys.executable, "-m", "service"]


def measure(process: ServerProcess, call: Call, seconds: float) -> dict[str, float]:
    """One server on one path: the closed loop, the server's CPU time in it, and the open loop at its own 70 %."""
    run_wrk(process.port, call.path, call.body, CONNECTIONS, WARM_UP_S)
    cpu_before = process.cpu_us()
    closed = run_wrk(process.port, call.path, call.body, CONNECTIONS, seconds)
    cpu_us = (process.cpu_us() - cpu_before) / max(1, closed.requests)
    rate = max(1.0, OPEN_LOOP_SHARE * closed.rate)
    report = run_generator(LoadPlan(process.port, call.path, call.body, rate, seconds, connections=128, poisson=True))
    latency = report["latency"]
    return {"rate": closed.rate, "cpu_us": round(cpu_us, 1), "p50": latency["p50"], "p99": latency["p99"]}


def run_rounds(options: Options, tasks: Sequence[Task]) -> Loads:
    """All rounds of all servers, which run at the same time and have load one after the other."""
    found = servers(options, tasks)
    loads: Loads = {task: {server.name: [] for server in found} for task in tasks}
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(ServerProcess(server)) for server in found]
        for number in range(options.rounds):
            for process in processes if number % 2 == 0 else reversed(processes):
                for task in tasks:
                    name = process.server.name
                    loads[task][name].append(measure(process, process.server.calls[task], options.seconds))
                    print(f"round {number + 1}: {task}, {name}: {loads[task][name][-1]}", file=sys.stderr, flush=True)
    return loads


def table(loads: Loads) -> str:
    """The medians of all rounds, in Markdown. A ratio is that of the medians."""
    lines = [HEAD, "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for task, by_server in loads.items():
        medians = {name: _medians(rounds) for name, rounds in by_server.items()}
        lines += [_line(task, name, own, medians[ECHO]) for name, own in medians.items()]
    return "\n".join(lines) + "\n"


def _medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {figure: median(each[figure] for each in rounds) for figure in FIGURES}


def _line(task: str, name: str, own: dict[str, float], echo: dict[str, float]) -> str:
    of_echo = {figure: f"{own[figure] / max(echo[figure], 1e-9):.2f}" for figure in FIGURES}
    cells = [TASKS[task], name, f"{own['rate']:,.0f}", of_echo["rate"], f"{own['cpu_us']:.0f}"]  # type: ignore[index]
    cells += [f"{own['p50']:.2f}", of_echo["p50"], f"{own['p99']:.2f}", of_echo["p99"]]
    return f"| {' | '.join(cells)} |"


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="the service beside an endpoint that computes nothing")
    parser.add_argument("--tasks", default="forecast", help=f"comma-separated: {', '.join(TASKS)}")
    parser.add_argument("--seconds", type=float, default=8, help="of each load")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", type=Path, help="another checkout, measured in the same rounds")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = Options(**vars(parser.parse_args(arguments)))
    if unknown := set(options.tasks.split(",")) - set(TASKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(TASKS)}")
    return options


def main() -> None:
    options = parse_options()
    machine.use_load_core()
    tasks: list[Task] = [task for task in TASKS if task in options.tasks.split(",")]
    loads = run_rounds(options, tasks)
    write_json(options.out / "front.json", {"machine": machine.describe(), "seconds": options.seconds, "loads": loads})
    options.out.joinpath("front.md").write_text(text := table(loads), "utf-8")
    print(text)


if __name__ == "__main__":
    main()

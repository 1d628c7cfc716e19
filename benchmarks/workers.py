"""Two workers on two cores beside one on one, with the load generator on the same host; and counters over deaths.

    python -m benchmarks.workers                      # ratios of throughput, in rounds that take turns
    python -m benchmarks.workers --counts 200000      # counters beside what a generator counted, two workers killed on the way

wrk takes a part of the two cores, and it takes more of it where more requests are answered. So the ratio of requests per
second of the servers' processor time is printed too: 1.0 says that two workers cost as much per request as one. And on a
machine that others use, `ratio_undisturbed` is the ratio by what the servers and wrk had of the cores.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.files import RESULTS, write_json
from benchmarks.load import run_wrk
from benchmarks.machine import LOAD_CORE, SERVER_CORE, describe
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.server import Task
from benchmarks.worker_counts import compare_counts

BOTH_CORES = "0,1"
TASKS: tuple[Task, ...] = ("forecast", "sentiment")


@dataclass(frozen=True)
class Options:
    """The command line."""

    rounds: int
    seconds: float
    connections: int
    counts: int | None
    out: Path


class Measured(NamedTuple):
    """One run: answers a second, and the cores that the servers and wrk used, and that nobody used."""

    rate: float
    server_cores: float
    wrk_cores: float
    idle_cores: float


def measure(process: ServerProcess, task: Task, workers: int, options: Options) -> Measured:
    """Send closed-loop load for some seconds."""
    call = process.server.calls[task]
    before, used, idle, began = process.cpu_us(), _children_seconds(), _idle_seconds(), time.perf_counter()
    cores = LOAD_CORE if workers == 1 else BOTH_CORES
    result = run_wrk(process.port, call.path, call.body, options.connections * workers, options.seconds, cores)
    seconds = time.perf_counter() - began
    if result.statuses.keys() != {"200"}:
        raise RuntimeError(f"{task}: {result.statuses}")
    return Measured(
        result.rate,
        (process.cpu_us() - before) / seconds / 1e6,
        (_children_seconds() - used) / seconds,
        (_idle_seconds() - idle) / seconds,
    )


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _idle_seconds() -> float:
    """What all cores have been idle since the machine started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")


def compare(options: Options) -> dict[str, object]:
    """Measure one worker on one core and two on two, in turn; returns medians and ratios for each task."""
    runs: dict[str, dict[int, list[Measured]]] = {task: {1: [], 2: []} for task in TASKS}
    with ExitStack() as stack:
        processes = {
            number: stack.enter_context(ServerProcess(gatecast("onnx"), {"GATECAST_WORKERS": str(number)}, cores))
            for number, cores in ((1, SERVER_CORE), (2, BOTH_CORES))
        }
        for _ in range(options.rounds):
            for task in TASKS:
                for number, process in processes.items():
                    runs[task][number].append(measure(process, task, number, options))
                    print(task, number, runs[task][number][-1], flush=True)
    return {task: summarize(runs[task]) for task in TASKS}


def summarize(runs: dict[int, list[Measured]]) -> dict[str, object]:
    """Medians, and the ratios of two workers to one: of rates, and of answers per second of the servers' processor time."""
    one, two = (Measured(*map(statistics.median, zip(*runs[number], strict=True))) for number in (1, 2))
    return {
        "one": one._asdict(),
        "two": two._asdict(),
        "ratio": round(statistics.median(b.rate / a.rate for a, b in zip(runs[1], runs[2], strict=True)), 3),
        "ratio_undisturbed": round(_undisturbed(two, 2) / (one.rate / one.server_cores), 3),
        "ratio_per_processor_second": round((two.rate / two.server_cores) / (one.rate / one.server_cores), 3),
    }


def _undisturbed(measured: Measured, cores: int) -> float:
    """The rate if nothing but the servers and wrk used these cores. Machines are shared; what others take is not the workers'."""
    return measured.rate * cores / (measured.server_cores + measured.wrk_cores)


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="several workers beside one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--connections", type=int, default=64, help="of each worker, so that batches are alike")
    parser.add_argument("--counts", type=int, help="requests after which counters are compared, instead of speeds")
    parser.add_argument("--out", type=Path, default=RESULTS / "workers.json")
    return Options(**vars(parser.parse_args(arguments)))


def main() -> None:
    options = parse_options()
    if options.counts is not None:
        with ServerProcess(gatecast("onnx"), {"GATECAST_WORKERS": "2"}, BOTH_CORES) as process:
            result: dict[str, object] = asdict(asyncio.run(compare_counts(process, options.counts)))
        name = options.out.with_name("worker_counts.json")
    else:
        result, name = compare(options), options.out
    print(json.dumps(result, indent=1))
    write_json(name, {"machine": describe(), "result": result})


if __name__ == "__main__":
    main()

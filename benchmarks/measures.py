"""What measuring costs a request: `/forecast` with `gru`, by the server's processor time.

    python -m benchmarks.measures                       # the service with its measures on and off
    python -m benchmarks.measures --beside ../before    # and another checkout of this repository
    python -m benchmarks.measures --alone               # the single steps only, in nanoseconds

The server is on core 0 and the load comes from core 1: so many connections send a request each, and the next when all have
their answers, so batches have the same sizes in all rounds. A round is a few requests in each state in turn, in random order,
so that what else happens on the machine meets all states alike. Wall-clock rates would tell of that, so requests are weighed
by the processor time of the server. The report has medians of all rounds, of the ratios within a round, and of the cheapest
rounds.
"""

import argparse
import contextlib
import random
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from time import thread_time
from timeit import repeat
from typing import Any

from benchmarks import machine
from benchmarks.closed_rounds import Callers
from benchmarks.files import RESULTS, write_json
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast
from benchmarks.servers.server import Server, Task
from service.errors import Refusal
from service.http.exposition import render
from service.http.request_counts import RequestCounts
from service.measures import Measures
from service.serving.model_measures import ServingMeasures

OWN, WITHOUT, BESIDE = "with measures", "without", "beside"
TASK: Task = "forecast"
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLS = 50_000
Rounds = dict[str, dict[str, list[float]]]  # by connections, then by server: µs per request, a figure for each round


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.measures`."""

    requests: int
    rounds: int
    connections: str
    beside: Path | None
    alone: bool
    out: Path


@dataclass(frozen=True)
class Waiting:
    """What a batcher's job is here: one item that has waited."""

    items: tuple["Item"]
    enqueued: float = 0.0


@dataclass(frozen=True)
class Item:
    cost: int = 3


def servers(beside: Path | None) -> list[Server]:
    """The service with its switch, and that of another checkout if one is named."""
    own = gatecast("onnx")
    own = replace(own, name=OWN, calls={TASK: own.calls[TASK]})
    switched = replace(own, command=lambda _: [sys.executable, "-m", "benchmarks.servers.switched"])
    command = ["env", "-C", str(beside), sys.executable, "-m", "service"]
    return [switched] if beside is None else [switched, replace(own, name=BESIDE, command=lambda _: command)]


@dataclass(frozen=True)
class State:
    """A server in one state. `switch` is the signal that puts it there."""

    name: str
    process: ServerProcess
    callers: Callers
    switch: signal.Signals | None = None

    def request_us(self, requests: int) -> float:
        """The server's processor time for a request, in µs."""
        if self.switch is not None:
            self.process.process.send_signal(self.switch)
        self.callers.send(len(self.callers))
        before = _cpu_ns(self.process.process.pid)
        sent = self.callers.send(requests)
        return (_cpu_ns(self.process.process.pid) - before) / 1000 / sent


def _cpu_ns(pid: int) -> int:
    """Processor time of all threads of a process so far; the scheduler's own count is finer than the ticks of `stat`."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def run_rounds(options: Options) -> Rounds:
    """All rounds of all states, after one that warms up and does not count."""
    rounds: Rounds = {}
    chance = random.Random(0)
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(ServerProcess(server)) for server in servers(options.beside)]
        for count in options.connections.split(","):
            states = [state for process in processes for state in _states(stack, process, int(count))]
            costs = rounds[count] = {state.name: list[float]() for state in states}
            for number in range(options.rounds + 1):
                for state in chance.sample(states, len(states)):
                    cost = state.request_us(options.requests)
                    costs[state.name] += [cost] if number else []
    return rounds


def _states(stack: contextlib.ExitStack, process: ServerProcess, connections: int) -> list[State]:
    callers = stack.enter_context(Callers(process.port, process.server.calls[TASK], connections))
    if process.server.name != OWN:
        return [State(process.server.name, process, callers)]
    states = ((OWN, signal.SIGUSR2), (WITHOUT, signal.SIGUSR1))
    return [State(name, process, callers, switch) for name, switch in states]


def summary(rounds: Rounds) -> list[dict[str, Any]]:
    """Medians of the processor time and of the ratio of the service as it is to it, with quartiles; and the ratio of the least.

    Other processes of the machine make a round dearer, by its caches, and never cheaper: so the least tell the most.
    """
    rows = []
    for count, by_server in rounds.items():
        for name, costs in by_server.items():
            ratios = [own / other for own, other in zip(by_server[OWN], costs, strict=True)]
            low, middle, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
            figures = {"us": round(median(costs), 1), "own_of_it": round(middle, 4)}
            spread = {"quartiles": [round(low, 4), round(high, 4)], "least": round(least(by_server[OWN], costs), 4)}
            rows.append({"connections": int(count), "server": name} | figures | spread)
    return rows


def least(own: Sequence[float], other: Sequence[float]) -> float:
    """The ratio of the medians of the cheapest tenth of rounds, and of three at least."""
    cheapest = [sorted(costs)[: max(3, len(costs) // 10)] for costs in (own, other)]
    return median(cheapest[0]) / median(cheapest[1])


def steps() -> dict[str, Callable[[], object]]:
    """The single steps of measuring."""
    measures = Measures()
    counts, serving = RequestCounts(measures, ["/forecast"]), ServingMeasures(measures)
    model = serving.of("gru", "3", 24)
    counter = measures.counter("things_total", "things", ("kind",)).labels("a")
    histogram = measures.histogram("seconds", "seconds", ("kind",), exemplars=True).labels("a")
    group: Any = [(Waiting((Item(),)), 0)]
    refusal: Refusal = "queue"
    for number in range(200):
        counts.count("POST", "/forecast", 200 + number, 0.003)
    return {
        "count": counter.add,
        "observe": lambda: histogram.observe(0.003),
        "observe, with a trace": lambda: histogram.observe(0.003, TRACE),
        "a request": lambda: counts.count("POST", "/forecast", 200, 0.003),
        "a refused request": lambda: counts.count("POST", "/forecast", 503, 0.0, refusal),
        "a model call of one item": lambda: model.count_call(group, 0, 0.001, 0.002),
        "a model call of 16 items": lambda: model.count_call(group * 16, 0, 0.001, 0.002),
        "/metrics": lambda: render(measures.collect(), "application/openmetrics-text"),
    }


def measure_steps() -> dict[str, float]:
    """The least processor time of each step, in ns, without that of an empty call."""
    empty = min(repeat(lambda: None, timer=thread_time, number=CALLS, repeat=7))
    found: dict[str, float] = {}
    for name, step in steps().items():
        number = CALLS if not name.startswith("/") else 100
        found[name] = round(
            1e9 * (min(repeat(step, timer=thread_time, number=number, repeat=7)) / number - empty / CALLS)
        )
    return found


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="what measuring costs a request")
    parser.add_argument("--requests", type=int, default=64, help="of each state in a round")
    parser.add_argument("--rounds", type=int, default=600)
    parser.add_argument("--connections", default="1,16", help="comma-separated")
    parser.add_argument("--beside", type=Path, help="another checkout, measured in the same rounds")
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
        report |= {"rounds": options.rounds, "requests": options.requests, "results": summary(run_rounds(options))}
        for row in report["results"]:
            print(
                f"{row['connections']} connections, {row['server']}: {row['us']} µs a request; "
                f"the service takes {row['own_of_it']} of it, quartiles {row['quartiles']}, least {row['least']}"
            )
    write_json(options.out / ("measures_alone.json" if options.alone else "measures.json"), report)


if __name__ == "__main__":
    main()

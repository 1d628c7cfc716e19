"""How many cores a load needs, from figures that were measured: the table of docs/scaling.md.

    python -m benchmarks.front --tasks forecast,universal,sentiment
    python -m benchmarks.workers
    python -m benchmarks.sizing

A core's rate is that of one process at 64 connections, in `results/front.json`. Several workers on one host answer fewer per
core than one alone: by the part that `results/workers.json` has for the processor time of a request. A service is sized
for 70 % of its peak, the share at which the latencies of front.json were measured.
"""

import json
import math
from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.bench import OPEN_LOOP_SHARE
from benchmarks.files import RESULTS

TARGETS = (10, 100, 1_000, 3_000, 10_000)  # requests a second
NAMES = {
    "forecast": "`gru`, 36 readings",
    "universal": "`universal`, 120 readings",
    "sentiment": "`sentiment`, 200 words",
}


def core_rates(front: Mapping[str, Any]) -> dict[str, float]:
    """The median rate of one core by task."""
    return {task: median(each["rate"] for each in servers["gatecast"]) for task, servers in front["loads"].items()}


def cores_for(target: float, core_rate: float, efficiency: float) -> int:
    """Whole cores for so many requests a second. One core has no other worker beside it."""
    needed = target / (OPEN_LOOP_SHARE * core_rate)
    return 1 if needed <= 1 else math.ceil(needed / efficiency)


def table(front: Mapping[str, Any], workers: Mapping[str, Any]) -> str:
    """The table in Markdown."""
    efficiency = {task: min(1.0, each["ratio_per_processor_second"]) for task, each in workers["result"].items()}
    lines = [
        f"| requests, series or texts a second | {' | '.join(f'{target:,}' for target in TARGETS)} |",
        f"| --- | {' | '.join('---:' for _ in TARGETS)} |",
    ]
    for task, rate in core_rates(front).items():
        # universal is not in workers.json; it is bound by its model as sentiment is
        cores = (cores_for(target, rate, efficiency.get(task, efficiency["sentiment"])) for target in TARGETS)
        lines.append(f"| cores for {NAMES[task]}: {rate:,.0f}/s a core at its peak | {' | '.join(map(str, cores))} |")
    return "\n".join(lines)


def main() -> None:
    front, workers = (json.loads((RESULTS / name).read_text("utf-8")) for name in ("front.json", "workers.json"))
    print(table(front, workers))


if __name__ == "__main__":
    main()

"""Cross-validation of monthly series: the service through the Nixtla client, and AutoETS of statsforecast.

    python -m benchmarks.cross_validation --data FILE.json.gz          # 100 series, 12 windows, three rounds
    python -m benchmarks.cross_validation --series 10 --repeats 1      # made-up series, half a minute

Both sides have the same series, windows and cores, and take turns. Measured is the whole call, from the data frame to the
data frame of forecasts. AutoETS is fitted to each window, as its library does by default, and once to each series.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.cross_validation.task import MIN_BEFORE, SEASON, Task, made_up, read_series
from benchmarks.files import RESULTS, ROOT, write_json
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import gatecast

CORES = "0,1"
SIDES = {"nixtla": ROOT / ".venv/clients/nixtla", "auto_ets": ROOT / ".venv/backtest", "auto_ets_once": ROOT / ".venv/backtest"}  # fmt: skip
NAMES = {
    "nixtla": "Gatecast through the Nixtla client",
    "auto_ets": "AutoETS, fitted to each window",
    "auto_ets_once": "AutoETS, fitted once to each series",
}
PEERS = Path(__file__).with_name("peers.py")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="cross-validation through the Nixtla client, beside AutoETS")
    add = parser.add_argument
    add("--data", type=Path, nargs="+", default=[], help="files of series sets (default: made-up series)")
    add("--series", type=int, default=100)
    add("--windows", type=int, default=12)
    add("--horizon", type=int, default=SEASON)
    add("--step", type=int, help="readings between two windows (default: the horizon)")
    add("--repeats", type=int, default=3, help="rounds, in each of which every side has its turn")
    add("--out", type=Path, default=RESULTS / "cross_validation.json")
    return parser.parse_args(arguments)


def task_of(options: argparse.Namespace) -> Task:
    """The series and windows that were asked for."""
    step = options.step or options.horizon
    least = options.horizon + step * (options.windows - 1) + MIN_BEFORE
    if options.data:
        return Task(
            read_series(options.data, options.series, least, options.horizon), options.horizon, options.windows, step
        )
    return Task(made_up(options.series, least), options.horizon, options.windows, step)


def run_side(side: str, task: Path, url: str) -> dict[str, Any]:
    """What one side takes and forecasts, in an environment of its own."""
    arguments = [side, str(task), *([url] if side == "nixtla" else [])]
    command = ["taskset", "-c", CORES, str(SIDES[side] / "bin/python"), str(PEERS), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600)
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(task: Task, repeats: int) -> dict[str, list[dict[str, Any]]]:
    """Every side's results, round by round."""
    results: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as directory, ServerProcess(gatecast("onnx"), cores=CORES) as server:
        file = Path(directory) / "task.json"
        task.write(file)
        for number in range(repeats):
            for side in SIDES:
                results[side].append(run_side(side, file, f"http://127.0.0.1:{server.port}"))
                print(f"round {number + 1}: {NAMES[side]}: {results[side][-1]['seconds']:.2f} s", flush=True)
    return results


def summary(task: Task, results: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians of the seconds, their ratio to ours, and the accuracy of each side."""
    seconds = {side: [each["seconds"] for each in rounds] for side, rounds in results.items()}
    ours = seconds["nixtla"]
    return {
        "machine": machine.describe(),
        "series": len(task.series),
        "windows": task.windows,
        "horizon": task.horizon,
        "step": task.step,
        "readings": statistics.median(map(len, task.series)),
        "sides": {
            side: {
                "seconds": statistics.median(rounds),
                "all_seconds": rounds,
                "times_ours": statistics.median(theirs / our for theirs, our in zip(rounds, ours, strict=True)),
                "mase": task.mase(results[side][0]["medians"]),
            }
            for side, rounds in seconds.items()
        },
        "seasonal_naive": task.mase(task.seasonal_naive()),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, write the figures."""
    options = parse(arguments)
    task = task_of(options)
    found = summary(task, measure(task, options.repeats))
    print(
        f"\n{found['series']} series of {found['readings']:g} readings (median), {task.windows} windows of {task.horizon}"
    )
    for side, each in found["sides"].items():
        mase = each["mase"]
        print(
            f"{NAMES[side]:38} {each['seconds']:8.2f} s  {each['times_ours']:6.2f} ×  MASE {mase['mean']:.3f} (median {mase['median']:.3f})"
        )
    print(f"{'seasonal naive':38} {'':21} MASE {found['seasonal_naive']['mean']:.3f}")
    write_json(options.out, found)


if __name__ == "__main__":
    main()

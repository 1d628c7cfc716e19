"""Rows a second of Spark and Ray Data beside one process without an engine.

    .venv/clients/engines/bin/python -m benchmarks.engines
    .venv/clients/engines/bin/python -m benchmarks.engines --texts 2000 --series 500 --rounds 1      # a short run

Every engine scores the same Parquet files with one worker and with two, in a process of its own: short texts, series in lists, and
the same series in rows. It reads, scores and writes. Its start and the loading of models are left out: a first round that is not
measured does both. Each figure is the median of the rounds. "Nothing scored" is the same job of Ray with a function that returns its
frame: what Ray itself takes of a job, most of which does not depend on its size.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.engines.tables import write_tables

ROOT = Path(__file__).parents[2]
ENGINES = {"none": "in process", "spark": "Spark", "ray": "Ray Data", "ray-alone": "Ray Data, nothing scored"}
TIMEOUT = 3600


class Run(NamedTuple):
    """One engine with so many workers: rows a second of each table (texts; series, series)."""

    engine: str
    workers: int
    rates: Mapping[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all engines, print the table, and write the results. Returns the exit status."""
    options = parse(arguments)
    rows = {"texts": options.texts, "series": options.series, "panel": options.series}
    with tempfile.TemporaryDirectory() as directory:
        write_tables(Path(directory), options.texts, options.words, options.series)
        (Path(directory) / "gatecast").symlink_to(ROOT / "service")  # as the wheel has it
        runs = []
        for engine in options.only:
            for workers in (1,) if engine == "none" else options.workers:
                runs.append(run(engine, workers, Path(directory), options.rounds, rows))
                print(runs[-1], file=sys.stderr, flush=True)
    print(table(runs))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    about = {"words": options.words, "rows": rows, "rounds": options.rounds, "cores": os.cpu_count()}
    options.out.write_text(json.dumps(about | {"runs": [each._asdict() for each in runs]}, indent=2) + "\n")
    return 0


def run(engine: str, workers: int, directory: Path, rounds: int, rows: Mapping[str, int]) -> Run:
    """Measure one engine in a process of its own. Raises CalledProcessError if it fails."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(directory), str(ROOT / "examples"), str(ROOT)])}
    command = [sys.executable, "-m", "benchmarks.engines.jobs", engine, str(workers), str(directory), str(rounds)]
    ended = subprocess.run(
        command, cwd=directory, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=TIMEOUT
    )
    seconds = json.loads(ended.stdout.splitlines()[-1])
    return Run(engine, workers, {name: round(rows[name] / statistics.median(seconds[name])) for name in rows})


def table(runs: Sequence[Run]) -> str:
    """The rates as a Markdown table, with each engine's share of the rate in process."""
    first = next((each for each in runs if each.engine == "none"), None)
    lines = ["| | workers | texts/s | series/s, lists | series/s, rows |", "| --- | --- | --- | --- | --- |"]
    for each in runs:
        cells = [f"{rate:,.0f}{_share(each, first, name)}" for name, rate in each.rates.items()]
        lines.append(f"| {ENGINES[each.engine]} | {each.workers} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(each: Run, first: Run | None, name: str) -> str:
    return "" if first is None or each is first else f" ({each.rates[name] / first.rates[name]:.2f} ×)"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=20, help="of a text")
    parser.add_argument("--series", type=int, default=20_000, help="of 60 readings")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/engines.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

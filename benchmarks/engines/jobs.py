"""One engine with so many workers, in a process of its own: `python -m benchmarks.engines.jobs ENGINE WORKERS DIRECTORY ROUNDS`.

Each job reads a table from Parquet, scores it and writes Parquet. A first round is not measured: it starts the workers, and each
of them loads the model. Prints the seconds of the other rounds as JSON.
"""

import importlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.engines.tables import FILES

MODELS = Path(__file__).parents[2] / "models"
HORIZON = 12
Job = Callable[[str, Path], None]  # the name of a table, and where its answers go


def main(engine: str, workers: int, directory: Path, rounds: int) -> None:
    """Measure all tables with one engine."""
    job = {"none": alone, "spark": spark, "ray": ray, "ray-alone": ray_alone}[engine](workers, directory)
    print(json.dumps({name: _seconds(job, name, directory / "out", rounds) for name in scorings()}))


def scorings() -> dict[str, Any]:
    """For each table what it is asked for."""
    gatecast = importlib.import_module("gatecast")
    return {
        "texts": gatecast.TextScoring(str(MODELS / "sentiment")),
        "series": gatecast.SeriesScoring(str(MODELS / "universal"), HORIZON),
        "panel": gatecast.PanelScoring(str(MODELS / "universal"), HORIZON),
    }


def alone(_: int, directory: Path) -> Job:
    """This process without an engine, file by file."""
    import pandas as pd

    def job(name: str, out: Path) -> None:
        out.mkdir()
        for number in range(FILES):
            answer = scorings()[name](pd.read_parquet(directory / name / f"{number}.parquet"))
            answer.to_parquet(out / f"{number}.parquet")

    return job


def spark(workers: int, directory: Path) -> Job:
    """Spark, as the example uses it."""
    example = importlib.import_module("spark_scoring")
    session = example.start(workers)

    def job(name: str, out: Path) -> None:
        frame = example.read(session, str(directory / name), infer=False)
        example.score(frame, scorings()[name]).write.parquet(str(out))

    return job


def ray(workers: int, directory: Path) -> Job:
    """Ray Data, as the example uses it."""
    example = importlib.import_module("ray_scoring")
    example.start(workers)

    def job(name: str, out: Path) -> None:
        example.score(example.read(str(directory / name)), scorings()[name]).write_parquet(str(out))

    return job


def ray_alone(workers: int, directory: Path) -> Job:
    """Ray Data with scorings that return what they are given."""
    example = importlib.import_module("ray_scoring")
    example.start(workers)

    def job(name: str, out: Path) -> None:
        example.score(example.read(str(directory / name)), _nothing(scorings()[name])).write_parquet(str(out))

    return job


def _nothing(scoring: Any) -> Any:
    """A scoring of the same kind that loads no model, and adds no column."""
    kind = type(scoring)
    names = {"__call__": lambda self, frame: frame, "schema": lambda self: []}
    return type(f"No{kind.__name__}", (kind,), names)(scoring.model)


def _seconds(job: Job, name: str, out: Path, rounds: int) -> list[float]:
    seconds = []
    for _ in range(1 + rounds):
        shutil.rmtree(out, ignore_errors=True)
        begin = perf_counter()
        job(name, out)
        seconds.append(round(perf_counter() - begin, 3))
    return seconds[1:]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))

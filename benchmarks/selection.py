"""Who answers unasked: the default against `universal`, on series that no network has learnt.

    python -m benchmarks.selection --data series/ sets.json.gz --models-dir models

Every CSV of a directory is a series, and so is every object with the list `y` of a JSON file. From each cut, as they are,
shifted and stretched to the range of a learnt series, and in the same way to its mean and deviation, the readings are
given to the selection of the service. Where a network of one series is selected, its forecast's error is compared with
that of `universal`. The default is as good as `universal` where no network is selected.
"""

import argparse
import asyncio
import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import LearntSeries
from service.interfaces import Array
from service.serving.registry import LoadedForecaster, Registry
from service.serving.repository import ModelRepository
from service.serving.selection import ForecastOptions, ForecastQuery, find_eligible
from service.settings import Settings

STEPS = 14
WINDOW = 120  # readings that are sent
OPTIONS = ForecastOptions(None, [], None, None)


class Series(NamedTuple):
    """A series without gaps."""

    name: str
    readings: Array


@dataclass
class Tally:
    """What was selected for one kind of readings, and the errors where it was a network of one series."""

    windows: int = 0
    by_network: int = 0
    names: set[str] = field(default_factory=set)
    ratios: list[float] = field(default_factory=list)

    def add(self, name: str, ratio: float | None) -> None:
        self.windows += 1
        if ratio is not None:
            self.by_network += 1
            self.names.add(name)
            self.ratios.append(ratio)

    def __str__(self) -> str:
        worst = f", worst error over universal's {max(self.ratios):.3f}" if self.ratios else ""
        mean = float(np.exp(np.sum(np.log(self.ratios)) / max(1, self.windows)))
        return (
            f"{self.windows} windows, {self.by_network} by a network of one series {sorted(self.names)[:5]}; "
            f"default over universal {mean:.4f}{worst}"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--every", type=int, default=1, help="readings between two cuts (default: %(default)s)")
    options = parser.parse_args(arguments)
    series = [each for path in options.data for each in read(path)]
    tallies = asyncio.run(measure(options.models_dir, series, options.every))
    for kind, tally in tallies.items():
        print(f"{kind}: {tally}")


def read(path: Path) -> Iterator[Series]:
    """Every series of a directory of CSVs, or of a JSON file."""
    for file in sorted(path.glob("*.csv")) if path.is_dir() else ():
        rows = list(csv.reader(file.read_text("utf-8").splitlines()))[1:]
        yield Series(file.stem, np.array([float(row[1]) for row in rows if row[1] not in ("", "NA")]))
    if path.is_file():
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for each in json.loads(text):
            yield Series(str(each["id"]), np.array([value for value in each["y"] if value is not None], dtype=float))


async def measure(models_dir: Path, series: Sequence[Series], every: int) -> dict[str, Tally]:
    """Ask the selection at every cut of every series, as it is and made to look like each learnt series."""
    repository = ModelRepository(Settings(models_dir=models_dir), bundle.load)
    await repository.open()
    tallies = {"as they are": Tally(), "to a learnt range": Tally(), "to a learnt mean and deviation": Tally()}
    try:
        for name, readings in series:
            for kind, values in zip(tallies, _lookalikes(readings, repository.registry), strict=True):
                for likeness in values:
                    _ask(repository.registry, name, likeness, every, tallies[kind])
    finally:
        await repository.close()
    return tallies


def _lookalikes(readings: Array, registry: Registry) -> tuple[list[Array], list[Array], list[Array]]:
    ranged, moved = [], []
    for learnt in _learnt(registry):
        last = np.array(learnt.last_readings)
        if np.ptp(readings) > 0:
            ranged.append(last.min() + (readings - readings.min()) * np.ptp(last) / np.ptp(readings))
            moved.append(last.mean() + (readings - readings.mean()) * last.std() / readings.std())
    return [readings], ranged, moved


def _learnt(registry: Registry) -> list[LearntSeries]:
    """What the cards keep of every learnt series, once each."""
    cards = [model.predictor.card for model in registry if isinstance(model, LoadedForecaster)]
    return list({card.data.sha256: card.learnt_series for card in cards if card.learnt_series is not None}.values())


def _ask(registry: Registry, name: str, readings: Array, every: int, tally: Tally) -> None:
    eligible = find_eligible(registry, OPTIONS)
    for end in range(min(24, len(readings) - 1), len(readings), every):
        query = ForecastQuery(readings[max(0, end - WINDOW) : end].tolist())
        prepared = eligible.choose(query)
        ratio = None
        if prepared.model.predictor.card.readings is not None:
            actual = readings[end : end + STEPS]
            errors = [_error(model, query, actual) for model in (prepared.model, eligible.any_series[0])]
            ratio = errors[0] / max(errors[1], 1e-12)
        tally.add(name, ratio)


def _error(model: LoadedForecaster, query: ForecastQuery, actual: Array) -> float:
    """The mean absolute error of a forecast of so many steps."""
    (forecast,) = model.predictor.predict([model.predictor.prepare(query.readings, len(actual), [])])
    return float(np.abs(np.array(forecast.values) - actual).mean())


if __name__ == "__main__":
    main()

"""What is cross-validated: monthly series of a file, or made-up ones, and how windows are scored."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.interfaces import Array
from training.data.sets import find_files, read_json
from training.data.tsf import read_tsf
from training.evaluation.set_scores import scale

SEASON = 12
MIN_BEFORE = 24  # readings before the first window: two years, as AutoETS needs for a season


@dataclass(frozen=True)
class Task:
    """Series, and the windows of each: the last ones, `step` readings apart."""

    series: list[list[float]]
    horizon: int
    windows: int
    step: int
    season: int = SEASON

    @property
    def before(self) -> int:
        """Readings that the windows of a series take."""
        return self.horizon + self.step * (self.windows - 1)

    def write(self, path: Path) -> None:
        """Write it as JSON, as peers.py reads it."""
        path.write_text(json.dumps(asdict(self)), "utf-8")

    def actual(self) -> Array:
        """The readings of the windows: (series, windows, horizon)."""
        starts = [-self.before + self.step * window for window in range(self.windows)]
        return np.array(
            [[np.array(each)[len(each) + start :][: self.horizon] for start in starts] for each in self.series]
        )

    def mase(self, medians: Sequence[float]) -> dict[str, float]:
        """The mean absolute scaled error over all series and windows, and its median over series.

        A series' errors are scaled by those of its seasonal naive forecast, before its first window.
        """
        actual = self.actual()
        errors = np.abs(np.array(medians).reshape(actual.shape) - actual).mean(axis=(1, 2))
        scales = np.array([scale(np.array(each[: -self.before]), self.season) for each in self.series])
        return {"mean": float(np.mean(errors / scales)), "median": float(np.median(errors / scales))}

    def seasonal_naive(self) -> list[float]:
        """Each window's forecast by the last year before it."""
        medians: list[float] = []
        for each in self.series:
            for window in range(self.windows):
                known = each[: len(each) - self.before + self.step * window]
                medians += [known[len(known) - self.season + step % self.season] for step in range(self.horizon)]
        return medians


def read_series(paths: Sequence[Path], count: int, least: int, horizon: int) -> list[list[float]]:
    """Return `count` monthly series of files, spread evenly over those that have `least` readings and miss none."""
    sets = [
        each
        for path in find_files(paths)
        for each in ([read_tsf(path, horizon)] if ".tsf" in path.name else read_json(path))
    ]
    found = [
        series.readings.tolist()
        for each in sets
        if each.season_length == SEASON
        for series in each.series
        if len(series.readings) >= least and not np.isnan(series.readings).any() and np.ptp(series.readings) > 0
    ]
    if len(found) < count:
        raise SystemExit(
            f"only {len(found)} monthly series have {least} readings and miss none; ask for fewer with --series"
        )
    return [found[index * len(found) // count] for index in range(count)]


def made_up(count: int, least: int) -> list[list[float]]:
    """Return series with a trend, a season and noise, each of its own strength."""
    rng = np.random.default_rng(0)
    months = np.arange(least + 60)
    strengths: Any = rng.uniform(0, 1, (count, 3))
    phases = rng.uniform(0, 2 * np.pi, count)
    return [
        (100 + trend * months + 30 * season * np.sin(2 * np.pi * months / SEASON + phase) + rng.normal(0, 1 + 9 * noise, len(months))).round(3).tolist()
        for (trend, season, noise), phase in zip(strengths, phases, strict=True)
    ]  # fmt: skip

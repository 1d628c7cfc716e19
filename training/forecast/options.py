"""The options of `python -m training.forecast`, parsed and typed. What they mean together is checked in one_series/loading.py."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.data.options import SeriesOptions, add_series_options, series_options
from training.forecast.measuring.splits import STEPS, TEST_SHARE

EPOCHS = 100  # of the tutorial's networks, at most
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class TrainOptions:
    """What to train on, what to fit, and where to write it. None means the default that the help text names."""

    data: Path | None
    series: SeriesOptions
    recipe: Literal["tuned", "tutorial"]
    preset: Literal["full", "quick"]
    only: tuple[str, ...] | None
    asked_steps: int | None
    test_size: int | None
    epochs: int
    seeds: tuple[int, ...]
    export: Literal["best", "all", "none"]
    name: str | None
    models_dir: Path
    report: Path | None
    given: tuple[str, ...] = ()  # the arguments as they were written

    @property
    def steps(self) -> int:
        """The steps that were asked for, or else those of a long series."""
        return STEPS if self.asked_steps is None else self.asked_steps

    def report_directory(self, default: str) -> Path:
        """Return where the report goes: where it was asked for, or else named after the file, or `default` without one."""
        return self.report or Path("reports") / (self.data.stem if self.data else default)


def parse_options(argv: Sequence[str] | None) -> TrainOptions:
    """Parse the command line; without --seeds, the preset decides how many there are."""
    given = tuple(sys.argv[1:] if argv is None else argv)
    values = vars(_parser().parse_args(given))
    preset_seeds = SEEDS if values["preset"] == "full" else SEEDS[:1]
    series = series_options(values)
    return TrainOptions(**values | {"series": series, "seeds": tuple(values["seeds"] or preset_seeds), "given": given})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.forecast", description="Train and export forecasters.")
    add = parser.add_argument
    add("--data", type=Path, help="file with dates and readings (default: FRED's IPG2211A2N)")
    add_series_options(parser)
    add("--recipe", choices=("tuned", "tutorial"), default="tuned", help="(default: %(default)s)")
    add("--preset", choices=("full", "quick"), default="full", help="quick: one seed (default: %(default)s)")
    only_help = "comma-separated forecasters of the ranking; none: statistics and 'universal' alone (default: all)"
    add("--only", type=_names, help=only_help)
    steps_help = f"steps to forecast and to measure (default: {STEPS}, or an eighth of the readings if that is less)"
    add("--steps", type=int, dest="asked_steps", metavar="STEPS", help=steps_help)
    add("--test-size", type=int, help=f"last readings kept for the test set (default: {TEST_SHARE:.0%}%)")
    add("--epochs", type=int, default=EPOCHS, help="of the tutorial's networks, at most (default: %(default)s)")
    add("--seeds", type=int, nargs="+", help="(default: 0 1 2; quick: 0)")
    add("--export", choices=("best", "all", "none"), default="best", help="(default: %(default)s)")
    add("--name", help="name of the exported model (default: the forecaster's name)")
    add("--models-dir", type=Path, default=Path("models"), help="(default: %(default)s)")
    add("--report", type=Path, help="directory for report.html and its pictures (default: reports/<file's name>)")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))

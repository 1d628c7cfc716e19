"""The command line of python -m training.zero_shot."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.options import SeriesOptions, add_series_options, series_options
from training.evaluation.set_scores import BATCH

ORIGINS = 12


@dataclass(frozen=True)
class ZeroShotOptions:
    """Which series to forecast, with what, and where to write the results."""

    data: tuple[Path, ...]
    series: SeriesOptions
    names: str
    models: str
    models_dir: Path
    baselines: tuple[str, ...]
    sets: tuple[str, ...]
    validation: tuple[str, ...]
    context: int | None
    horizon: int | None
    batch: int
    limit: int | None
    negated: bool
    origins: int
    jobs: int
    out: Path | None
    looks: Path | None

    @property
    def log_path(self) -> Path:
        """The log of evaluations on test sets: as given, or beside the results."""
        return self.looks or (self.out.parent if self.out else Path()) / "looks.json"


def parse_options(arguments: Sequence[str] | None, description: str) -> ZeroShotOptions:
    """Read the command line; it ends the program where an option is not valid."""
    parser = argparse.ArgumentParser(
        prog="training.zero_shot", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        help=".json[.gz] and .tsf[.gz] files, directories, or one of CSVs",
    )
    add("--models", default="universal", help="served models: name or name/version, default, none; commas between")
    add("--models-dir", type=Path, default=Path("models"))
    add("--baselines", default="none", help="beside the seasonal naive forecast, such as theta; see make backtest")
    add("--sets", default="", help="only these sets, by name")
    add("--validation", default="", help="sets to validate on: their evaluations are not counted")
    add("--context", type=int, help="forecasters see the last so many readings (default: what each of them reads)")
    add("--horizon", type=int, help="length of the test part of .tsf files (default: their @horizon)")
    add("--batch", type=int, default=BATCH, help="series in one call (default: %(default)s)")
    add("--limit", type=int, help="the first so many series of each set only")
    add("--negated", choices=("off", "on"), default="off", help="average with the forecast of the negated readings")
    add("--jobs", type=int, default=1, help="processes that fit baselines")
    add("--out", type=Path, help="results.json; sets also give results.md and results.png")
    add("--looks", type=Path, help="a log of evaluations on test sets (sets: by default looks.json beside the results)")
    add("--names", default="a-z", help="CSVs: first letters of the files' names (default: %(default)s)")
    add("--origins", type=int, default=ORIGINS, help="CSVs: origins per series, at most (default: %(default)s)")
    add_series_options(parser)
    values = vars(parser.parse_args(arguments))
    series = series_options(values)
    for name in ("baselines", "sets", "validation"):
        values[name] = tuple(word for word in values[name].split(",") if word)
    counts = [values[name] for name in ("context", "horizon", "batch", "limit", "origins", "jobs")]
    if min(count for count in counts if count is not None) < 1:
        parser.error("--context, --horizon, --batch, --limit, --origins and --jobs are at least 1")
    return ZeroShotOptions(
        **values | {"series": series, "data": tuple(values["data"]), "negated": values["negated"] == "on"}
    )

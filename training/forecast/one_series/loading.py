"""From the options to a series with its split: everything that can be wrong is found before anything is fitted."""

from dataclasses import dataclass, replace

import numpy as np

from service.forecast.features.context_features import HORIZON
from training.data import series_audit
from training.data.series import Series
from training.data.tables import DataError
from training.forecast.fitting import finetuning
from training.forecast.fitting.candidates import candidate_names
from training.forecast.fitting.recipes import TUTORIAL_WINDOW
from training.forecast.measuring import splits, statistical
from training.forecast.one_series.experiment import Experiment
from training.forecast.options import TrainOptions
from training.forecast.ranking import comparison
from training.forecast.ranking.recommendation import MEAN
from training.networks import decomposition, universal

NONE = "none"  # of --only: no network
DEFAULT_TEST_SIZE = 147  # months of the default series


@dataclass(frozen=True)
class Selection:
    """What a run measures: networks and statistics by name, and whether `universal` is among them."""

    networks: list[str]
    statistics: list[str]
    any_series: bool


def check_options(options: TrainOptions) -> None:
    """Raise DataError for options that no series can be trained with."""
    if options.steps < 1 or options.epochs < 1 or (options.series.season_length or 1) < 1:
        raise DataError("--steps, --epochs and --season are at least 1")
    if options.name is not None and options.export == "all":
        raise DataError("--name is for one model; leave --export at 'best'")
    known = (*candidate_names(options.recipe), universal.NAME, *statistical.NAMES, MEAN, *statistical.BASELINES, NONE)
    unknown = [name for name in options.only or () if name not in known]
    if unknown:
        raise DataError(f"no forecaster is named '{unknown[0]}'; there are {', '.join(known)}")


def load(series: Series, options: TrainOptions) -> Experiment:
    """Shorten and split a series. Raises DataError for one that cannot be used."""
    remarks: list[str] = []
    total = len(series.readings)
    if total > splits.MAX_READINGS:
        series = last_readings(series, splits.MAX_READINGS)
        remarks.append(f"the last {splits.MAX_READINGS:,} of {total:,} readings count; more would change little")
    if total < splits.LEAST_READINGS:
        raise DataError(splits.too_few(total))
    test_size = options.test_size
    if options.data is None and test_size is None:
        test_size = DEFAULT_TEST_SIZE
    window = _window(options, series.season_length)
    split = splits.split(len(series.readings), series.season_length, options.asked_steps, test_size, window)
    if split.first_cut < series.season_length + 1:
        remarks.append(
            f"a season of {series.season_length} readings is longer than what the first fold knows ({split.first_cut}): "
            "the series counts as one without a season"
        )
        series = replace(series, season_length=1)
    if np.ptp(series.readings[: split.train_size]) == 0:
        raise DataError("every training reading is the same; there is nothing to learn")
    any_series = comparison.find_any_series(options.models_dir)
    remarks += comparison.remarks(any_series, options.models_dir, split.steps)
    if split.steps > HORIZON:
        any_series = None
    audit = series_audit.remarks(series)
    return Experiment(series, split, [*audit, *remarks, *_split_remarks(split, options)], options, any_series)


def last_readings(series: Series, count: int) -> Series:
    """Return the series without all but its last readings."""
    return replace(
        series, dates=series.dates[-count:], readings=series.readings[-count:], filled=series.filled[-count:]
    )


def _window(options: TrainOptions, season_length: int) -> int:
    return TUTORIAL_WINDOW if options.recipe == "tutorial" else decomposition.window_of(season_length)


def _split_remarks(split: splits.Split, options: TrainOptions) -> list[str]:
    """Say what was made smaller because the series is short, or thinned because it is long."""
    remarks = []
    if options.asked_steps is None and split.steps < splits.STEPS:
        remarks.append(f"{split.steps} steps are forecast, not {splits.STEPS}: an eighth of the readings (--steps)")
    if len(split.folds) == 1:
        remarks.append("there is one fold, not two: the training set is short")
    thinned = {"folds": split.fold_every, "test set": split.test_every}
    remarks += [
        f"forecasts of the {part} start at every {every}th reading" for part, every in thinned.items() if every > 1
    ]
    return remarks


def select(run: Experiment) -> tuple[Selection, list[str]]:
    """Return what is measured, and remarks on what is left out. Raises DataError if --only names what cannot be fitted."""
    only, split = run.options.only, run.split
    statistics, remarks = statistical.select(run.series.season_length)
    networks = list(candidate_names(run.options.recipe))
    if only is not None:
        statistics = [name for name in statistics if name in only or MEAN in only or NONE in only]
        networks = [name for name in networks if name in only]
        remarks = remarks if {MEAN, NONE} & set(only) or set(only) & set(statistical.FITTED) else []
    window = _window(run.options, run.series.season_length)
    kept = [name for name in networks if split.can_fit(least_to_fit(name, window, run))]
    if len(kept) < len(networks):
        reason = _cannot_fit(len(run.series.readings), split.steps, window)
        if only is not None and not kept and not statistics:
            raise DataError(f"{', '.join(networks)} cannot be fitted: {reason}")
        remarks.append(f"{', '.join(name for name in networks if name not in kept)} left out: {reason}")
    if finetuning.NAME in kept and run.any_series is None:
        if only is not None:
            raise DataError(f"'{finetuning.NAME}' has no 'universal' to start from (--models-dir)")
        kept.remove(finetuning.NAME)
    return Selection(kept, statistics, run.any_series is not None), remarks


def least_to_fit(name: str, window: int, run: Experiment) -> int:
    """Return how many readings the first fit of a network needs; fine-tuning reads series of any length."""
    steps, season_length = run.split.steps, run.series.season_length
    if name == finetuning.NAME:
        return max(24, 2 * season_length + steps)
    return window + 2 * steps


def _cannot_fit(count: int, steps: int, window: int) -> str:
    values = splits.values_for_networks(count, steps, window)
    needs = f"windows of {window} readings with {steps} steps need {window + 2 * steps} readings before the first fold"
    if values is None:
        return f"{needs}, and {count} readings are too few for any number of steps"
    return f"{needs}; --steps {values[0]} --test-size {values[1]} leaves enough"

"""How long a run will take, from the number of fits and what one costs; measured on two cores."""

from collections.abc import Sequence

from training.forecast.fitting import building, finetuning, recipes
from training.forecast.measuring.backtests import TEST_FITS
from training.forecast.measuring.splits import Split
from training.forecast.measuring.statistical import FITTED
from training.networks import decomposition

STARTING = 12.0  # seconds: imports, the report
TRACING = 1.5  # of each fit
PER_UPDATE = {  # seconds for a batch of 64 windows of 12 positions
    "simple_rnn": 0.003,
    "lstm": 0.011,
    "lstm14": 0.007,
    "time_distributed": 0.006,
    "gru": 0.005,
    "level": 0.005,
}
FINETUNED = 6.0  # of each fit
TUTORIAL = 25.0
FITTED_STATISTIC = 1.2  # of ets, arima and mstl_log: a fit


def fitted_networks(names: Sequence[str]) -> list[str]:
    """Return the networks that are fitted: the members of the ensemble, and what else is named."""
    members = recipes.ENSEMBLE if "ensemble" in names else ()
    return list(dict.fromkeys([*(name for name in names if name != "ensemble"), *members]))


def seconds(
    names: Sequence[str], statistics: Sequence[str], split: Split, season_length: int, seeds: int, tutorial: bool
) -> float:
    """Return about how many seconds a run takes."""
    fits = len(split.folds) + 1
    slow = sum(name in FITTED for name in statistics) * (len(split.folds) + TEST_FITS)
    networks = sum(TUTORIAL if tutorial else network(name, season_length) for name in fitted_networks(names))
    exported = networks / max(len(fitted_networks(names)), 1)
    return STARTING + slow * FITTED_STATISTIC + (networks * fits + exported) * seeds


def network(name: str, season_length: int) -> float:
    """Return about how many seconds one fit of a tuned network takes."""
    if name == finetuning.NAME:
        return FINETUNED
    config = recipes.TUNED[name]
    effective = decomposition.effective_season_length(season_length)
    positions = max(config.input_seasons * effective, building.MIN_INPUTS)
    if config.decomposition == "everywhere":
        positions = decomposition.window_of(season_length)
    return TRACING + config.updates * PER_UPDATE[name] * positions / building.MIN_INPUTS * config.batch_size / 64

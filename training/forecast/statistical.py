"""The statistical methods of the ranking: which of them are measured on a series, and how their cost is bounded."""

import importlib.util
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from service.interfaces import Array
from training.evaluation import baselines
from training.evaluation.rolling import Method, Predictions
from training.forecast.measuring import MakeMethod, Measured, measure
from training.forecast.splits import Split

SEASONAL_NAIVE, LAST_VALUE, THETA = baselines.BASELINE, "last_value", "theta"
BASELINES = (SEASONAL_NAIVE, LAST_VALUE)
FITTED = ("ets", "arima", "mstl_log")
NAMES = (*FITTED, THETA)
MAX_ARIMA_SEASON = 24  # a fit with a longer season takes minutes
MAX_READINGS, MAX_SEASONS = 500, 10  # of a history that a model is fitted to: so many readings, or seasons if more
NOT_INSTALLED = (
    "ets, arima and mstl_log are left out: statsforecast is not installed here; make train-forecast runs where it is"
)


def baseline_name(season_length: int) -> str:
    """Return what the naive forecast is called: without a season it repeats the last value."""
    return SEASONAL_NAIVE if season_length > 1 else LAST_VALUE


def is_installed() -> bool:
    """Whether statsforecast can be imported."""
    try:
        return importlib.util.find_spec("statsforecast") is not None
    except (ImportError, ValueError):
        return False


def select(season_length: int) -> tuple[list[str], list[str]]:
    """Return the names of the methods for a season, without the baseline, and remarks on those that are left out."""
    if not is_installed():
        return [THETA], [NOT_INSTALLED]
    if season_length > MAX_ARIMA_SEASON:
        remark = f"arima is left out: with a season of {season_length} readings a fit takes minutes"
        return [name for name in NAMES if name != "arima"], [remark]
    return [name for name in NAMES if name != "mstl_log" or season_length > 1], []


def method(name: str, season_length: int, refit_every: int = 1) -> Method:
    """Return a method of these names or the baseline; it fits to the last readings alone, so that a fit takes seconds."""
    base = baselines.method(name, season_length, refit_every=refit_every)
    return partial(_bounded, base=base, most=max(MAX_READINGS, MAX_SEASONS * season_length))


def _bounded(histories: list[Array], steps: int, levels: Sequence[float], *, base: Method, most: int) -> Predictions:
    return base([history[-most:] for history in histories], steps, levels)


def measure_all(
    names: Sequence[str], readings: Array, season_length: int, split: Split
) -> Iterator[Measured | tuple[str, str]]:
    """Measure methods one by one; one that fails gives its name and the reason."""
    for name in names:
        make: MakeMethod = partial(method, name, season_length)
        try:
            with np.errstate(all="ignore"):
                yield measure(name, "statistic", make, readings, split)
        except Exception as error:  # statsforecast raises many kinds; the others go on
            yield name, f"{name} is left out: it failed ({type(error).__name__}: {error})"

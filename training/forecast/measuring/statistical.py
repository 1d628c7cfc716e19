"""The statistical methods of the ranking: which of them are measured on a series, and how their cost is bounded."""

import importlib.util
from collections.abc import Sequence
from functools import partial

from service.interfaces import Array
from training.evaluation import baselines
from training.evaluation.rolling import Method, Predictions

THETA = "theta"
BASELINES = baselines.NAIVE
FITTED = ("ets", "arima", "mstl_log")
NAMES = (*FITTED, THETA)
MAX_ARIMA_SEASON = 24  # a fit with a longer season takes minutes
MAX_ETS_SEASON = 100  # with a longer one it is MSTL, too, which takes a quarter of a second for each origin
MAX_READINGS, MAX_SEASONS = 500, 5  # of a history that a model is fitted to: so many readings, or seasons if more
NOT_INSTALLED = (
    "ets, arima and mstl_log are left out: statsforecast is not installed here; make train-forecast runs where it is"
)


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
    if season_length > MAX_ETS_SEASON:
        remark = f"ets and arima are left out: with a season of {season_length} readings they take minutes; mstl_log has ets in it"
        return ["mstl_log", THETA], [remark]
    return for_season(NAMES, season_length)


def for_season(names: Sequence[str], season_length: int) -> tuple[list[str], list[str]]:
    """Return those of the methods that a season allows, and remarks on those that are left out."""
    if season_length > MAX_ARIMA_SEASON and "arima" in names:
        remark = f"arima is left out: with a season of {season_length} readings a fit takes minutes"
        return [name for name in names if name != "arima"], [remark]
    return [name for name in names if name != "mstl_log" or season_length > 1], []


def method(name: str, season_length: int, refit_every: int = 1) -> Method:
    """Return a method of these names or the baseline; it fits to the last readings alone, so that a fit takes seconds."""
    base = baselines.method(name, season_length, refit_every=refit_every)
    return partial(_bounded, base=base, most=max(MAX_READINGS, MAX_SEASONS * season_length))


def _bounded(histories: list[Array], steps: int, levels: Sequence[float], *, base: Method, most: int) -> Predictions:
    return base([history[-most:] for history in histories], steps, levels)

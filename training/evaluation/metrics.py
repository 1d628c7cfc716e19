"""Forecasts measured on readings they have not seen: rolling origins, metrics, and how sure a comparison is.

No network is trained and no baseline fitted here. Shapes are (origins, steps); a target that is missing, or that lies
after the end of the series, is NaN and counts nowhere.
"""

from dataclasses import dataclass

import numpy as np

from service.artifacts.card import SeedStatistics
from service.interfaces import Array
from training.evaluation.rolling import Predictions, without_intervals

MIN_ORIGINS = 8  # fewer say nothing about how sure a ratio is
MIN_BLOCKS = 3


@dataclass(frozen=True)
class Ratio:
    """A loss over a baseline's on the same targets, with a bootstrap interval; None where the origins are too few."""

    value: float
    low: float | None
    high: float | None
    blocks: int


def losses(actual: Array, predicted: Predictions) -> dict[str, Array]:
    """Each loss of each forecast, (origins, steps), NaN where the target is.

    The interval score is that of Gneiting & Raftery (2007, section 6.2): the width, and 2/α times the distance by which
    a reading lies outside. `pinball` is the mean over the median (the point forecast) and both ends of every level.
    """
    error = predicted.point - actual
    both = np.abs(actual) + np.abs(predicted.point)
    found = {
        "square": np.square(error),
        "absolute": np.abs(error),
        "error": error,
        "magnitude": np.abs(actual),
        "percent": 100 * np.abs(np.divide(error, actual, out=np.full_like(error, np.nan), where=actual != 0)),
        "symmetric": 200 * np.divide(np.abs(error), both, out=np.zeros_like(error), where=both != 0),
    }
    quantiles = [pinball(actual, predicted.point, 0.5)]
    for level, lower, upper in zip(predicted.levels, predicted.lower, predicted.upper, strict=True):
        alpha = 1 - level / 100
        quantiles += [pinball(actual, lower, alpha / 2), pinball(actual, upper, 1 - alpha / 2)]
        outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
        gone = np.isnan(actual)
        found[f"coverage_{level:g}"] = np.where(gone, np.nan, outside == 0)
        found[f"width_{level:g}"] = np.where(gone, np.nan, upper - lower)
        found[f"winkler_{level:g}"] = upper - lower + outside * 2 / alpha
    found["pinball"] = np.mean(quantiles, axis=0)
    return found


def pinball(actual: Array, forecast: Array, quantile: float) -> Array:
    """The quantile loss: `quantile` times what lies over the forecast, its complement times what lies under it."""
    return np.maximum(quantile * (actual - forecast), (quantile - 1) * (actual - forecast))


def metrics(found: dict[str, Array], scale: float) -> dict[str, float]:
    """Metrics pooled over origins and steps; see `each` for what they are."""
    return {name: float(value) for name, value in _metrics(found, scale, None).items()}


def each(found: dict[str, Array], scale: float) -> dict[str, list[float]]:
    """Metrics of every step: RMSE, MAE and bias in the readings' units, MAPE and sMAPE in percent, MASE.

    MASE is the MAE over `scale` (Hyndman & Koehler, 2006), `wql` twice the quantile loss over the mean magnitude.
    MAPE is left out where a reading is 0, MASE where the scale is.
    """
    return {name: values.tolist() for name, values in _metrics(found, scale, 0).items()}


def _metrics(found: dict[str, Array], scale: float, axis: int | None) -> dict[str, Array]:
    mean = {name: _mean(values, axis) for name, values in found.items()}
    result = {"rmse": np.sqrt(mean["square"]), "mae": mean["absolute"], "bias": mean["error"]}
    if not (found["magnitude"] == 0).any():
        result["mape"] = mean["percent"]
    result["smape"] = mean["symmetric"]
    if scale > 0:
        result["mase"] = mean["absolute"] / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        result["wql"] = 2 * mean["pinball"] / mean["magnitude"]
    return result | {name: v for name, v in mean.items() if name.startswith(("coverage", "width", "winkler"))}


def _mean(values: Array, axis: int | None) -> Array:
    """The mean of what is there; NaN where nothing is."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(values, axis=axis, where=there) / np.sum(there, axis=axis))


def seasonal_scale(train: Array, season: int) -> float:
    """The MAE of the seasonal naive forecast inside the training part, that MASE divides by."""
    return float(np.nanmean(np.abs(train[season:] - train[:-season]))) if len(train) > season else 0.0


def ratio(
    ours: Array, theirs: Array, block: int, *, root: bool = False, draws: int = 2000, level: float = 90.0, seed: int = 0
) -> Ratio:
    """Mean loss over a baseline's, and its interval by a circular block bootstrap over the origins.

    Blocks of `block` consecutive origins are drawn whole, as forecasts of neighbouring origins share their targets
    (Politis & Romano, 1992); the same origins are drawn for both. `root` for a squared loss. Blocks are shortened so
    that there are at least three; such an interval is too narrow.
    """
    there = ~(np.isnan(ours) | np.isnan(theirs))
    sums = np.stack([np.sum(loss, axis=1, where=there) for loss in (ours, theirs)])
    value = _over(*sums.sum(axis=1), root=root)
    count = sums.shape[1]
    if count < MIN_ORIGINS:
        return Ratio(float(value), None, None, 0)
    block = max(1, min(block, count // MIN_BLOCKS))
    starts = np.random.default_rng(seed).integers(0, count, (draws, -(-count // block)))
    drawn = ((starts[:, :, np.newaxis] + np.arange(block)) % count).reshape(draws, -1)[:, :count]
    tail = (100 - level) / 2
    spread = _over(*sums[:, drawn].sum(axis=2), root=root)
    low, high = np.nanpercentile(spread, [tail, 100 - tail]) if np.isfinite(spread).any() else (np.nan, np.nan)
    return Ratio(float(value), float(low), float(high), count // block)


def _over(ours: Array, theirs: Array, *, root: bool) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.asarray(ours / theirs)
    return np.sqrt(quotient) if root else quotient


def point_metrics(actual: Array, forecast: Array) -> dict[str, float]:
    """RMSE and MAE in the readings' units, MAPE in percent (left out where a reading is 0)."""
    found = metrics(losses(actual, without_intervals(forecast)), 0.0)
    return {name: found[name] for name in ("rmse", "mae", "bias", "mape") if name in found}


def block_of(season: int, steps: int, every: int) -> int:
    """Origins in a bootstrap block: two seasons of readings, and no fewer than the steps that origins share."""
    return -(-max(2 * season, steps) // every)


def seed_statistics(metric: str, split: str, values: list[float], steps: str | None = None) -> SeedStatistics:
    """Mean and sample standard deviation over seeds."""
    std = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return SeedStatistics(metric=metric, split=split, steps=steps, mean=float(np.mean(values)), std=std, values=values)

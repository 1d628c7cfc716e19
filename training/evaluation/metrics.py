"""Metrics of a backtest, and bootstrap intervals for the ratio of two methods' losses.

No network is trained and no baseline is fitted here. Arrays are (origins, steps). A target that is missing, or that lies
after the end of the series, is NaN and counts nowhere.
"""

from dataclasses import dataclass

import numpy as np

from service.artifacts.card import SeedStatistics
from service.interfaces import Array
from training.evaluation.rolling import Predictions

MIN_ORIGINS = 8  # with fewer there is no interval
MIN_BLOCKS = 3


@dataclass(frozen=True)
class Ratio:
    """A loss over a baseline's loss on the same targets, with a bootstrap interval; None where origins are too few."""

    value: float
    low: float | None
    high: float | None
    blocks: int


def losses(actual: Array, predicted: Predictions) -> dict[str, Array]:
    """Return every loss of every forecast, (origins, steps), NaN where `actual` is.

    The interval score is that of Gneiting and Raftery (2007, section 6.2): the width, plus 2/α times the distance by
    which a reading lies outside. `pinball` is the mean over the median (the point forecast) and both ends of every level.
    """
    error = predicted.point - actual
    magnitudes = np.abs(actual) + np.abs(predicted.point)
    values = {
        "square": np.square(error),
        "absolute": np.abs(error),
        "error": error,
        "magnitude": np.abs(actual),
        "percent": 100 * np.abs(np.divide(error, actual, out=np.full_like(error, np.nan), where=actual != 0)),
        "symmetric": 200 * np.divide(np.abs(error), magnitudes, out=np.zeros_like(error), where=magnitudes != 0),
    }
    quantile_losses = [pinball(actual, predicted.point, 0.5)]
    for level, lower, upper in zip(predicted.levels, predicted.lower, predicted.upper, strict=True):
        alpha = 1 - level / 100
        quantile_losses += [pinball(actual, lower, alpha / 2), pinball(actual, upper, 1 - alpha / 2)]
        outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
        is_missing = np.isnan(actual)
        values[f"coverage_{level:g}"] = np.where(is_missing, np.nan, outside == 0)
        values[f"width_{level:g}"] = np.where(is_missing, np.nan, upper - lower)
        values[f"winkler_{level:g}"] = upper - lower + outside * 2 / alpha
    values["pinball"] = np.mean(quantile_losses, axis=0)
    return values


def pinball(actual: Array, forecast: Array, quantile: float) -> Array:
    """Return the quantile loss (Koenker and Bassett, 1978) of each forecast, of the arrays' own shape.

    It is `quantile` times the distance of a reading above the forecast, or 1 - `quantile` times that of one below it.
    """
    return np.maximum(quantile * (actual - forecast), (quantile - 1) * (actual - forecast))


def metrics(losses: dict[str, Array], scale: float) -> dict[str, float]:
    """Return the metrics over all origins and steps; `by_step` says what they are."""
    return {name: float(value) for name, value in _metrics(losses, scale, None).items()}


def by_step(losses: dict[str, Array], scale: float) -> dict[str, list[float]]:
    """Return the metrics of every step: RMSE, MAE and bias in the readings' units, MAPE and sMAPE in percent, MASE.

    MASE is the MAE over `scale` (Hyndman and Koehler, 2006); `wql` is twice the quantile loss over the mean magnitude.
    There is no MAPE where a reading is 0, and no MASE where the scale is.
    """
    return {name: values.tolist() for name, values in _metrics(losses, scale, 0).items()}


def _metrics(losses: dict[str, Array], scale: float, axis: int | None) -> dict[str, Array]:
    mean = {name: _mean(values, axis) for name, values in losses.items()}
    values = {"rmse": np.sqrt(mean["square"]), "mae": mean["absolute"], "bias": mean["error"]}
    if not (losses["magnitude"] == 0).any():
        values["mape"] = mean["percent"]
    values["smape"] = mean["symmetric"]
    if scale > 0:
        values["mase"] = mean["absolute"] / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        values["wql"] = 2 * mean["pinball"] / mean["magnitude"]
    return values | {name: v for name, v in mean.items() if name.startswith(("coverage", "width", "winkler"))}


def _mean(values: Array, axis: int | None) -> Array:
    """Return the mean of the values that are not NaN; NaN where there are none."""
    mask = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(values, axis=axis, where=mask) / np.sum(mask, axis=axis))


def seasonal_scale(train: Array, season_length: int) -> float:
    """Return the scale of MASE: the MAE of the seasonal naive forecast inside the training set; 0 if it is too short."""
    if len(train) <= season_length:
        return 0.0
    return float(np.nanmean(np.abs(train[season_length:] - train[:-season_length])))


def ratio(
    losses: Array,
    baseline: Array,
    block: int,
    *,
    root: bool = False,
    draws: int = 2000,
    level: float = 90.0,
    seed: int = 0,
) -> Ratio:
    """Return mean loss over the baseline's, with an interval from a circular block bootstrap over the origins.

    Whole blocks of `block` consecutive origins are sampled, because forecasts of neighbouring origins share targets
    (Politis and Romano, 1992); both methods get the same sample. Use `root` for a squared loss: it gives the ratio of
    the roots. Blocks are shortened so that there are at least three; such an interval is too narrow.
    """
    sums = _sums(losses, baseline)
    value = _divide(*sums.sum(axis=1), root=root)
    if sums.shape[1] < MIN_ORIGINS:
        return Ratio(float(value), None, None, 0)
    sampled, blocks = _resample(sums, block, draws, seed)
    tail = (100 - level) / 2
    ratios = _divide(*sampled, root=root)
    low, high = np.nanpercentile(ratios, [tail, 100 - tail]) if np.isfinite(ratios).any() else (np.nan, np.nan)
    return Ratio(float(value), float(low), float(high), blocks)


def wins(losses: Array, others: Array, block: int, *, draws: int = 2000, seed: int = 0) -> float | None:
    """Return the share of bootstrap samples in which the mean loss is below the other's; None where origins are too few.

    The samples are those of `ratio`; a tie counts half.
    """
    sums = _sums(losses, others)
    if sums.shape[1] < MIN_ORIGINS:
        return None
    (own, other), _ = _resample(sums, block, draws, seed)
    return float(np.mean(own < other) + np.mean(own == other) / 2)


def _sums(losses: Array, others: Array) -> Array:
    """The losses of each origin that both methods have, summed: (2, origins)."""
    mask = ~(np.isnan(losses) | np.isnan(others))
    return np.stack([np.sum(values, axis=1, where=mask) for values in (losses, others)])


def _resample(sums: Array, block: int, draws: int, seed: int) -> tuple[Array, int]:
    """Sum whole blocks of origins that are drawn with replacement: (2, draws); also return how many blocks there are."""
    count = sums.shape[1]
    block = max(1, min(block, count // MIN_BLOCKS))
    starts = np.random.default_rng(seed).integers(0, count, (draws, -(-count // block)))
    rows = ((starts[:, :, np.newaxis] + np.arange(block)) % count).reshape(draws, -1)[:, :count]
    return sums[:, rows].sum(axis=2), count // block


def _divide(losses: Array, baseline: Array, *, root: bool) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.asarray(losses / baseline)
    return np.sqrt(quotient) if root else quotient


def block_length(season_length: int, steps: int, origins_every: int) -> int:
    """Return the origins in a bootstrap block: two seasons of readings, or the steps that origins share if more."""
    return -(-max(2 * season_length, steps) // origins_every)


def seed_statistics(metric: str, split: str, values: list[float], steps: str | None = None) -> SeedStatistics:
    """Return the mean and the sample standard deviation of a metric over seeds."""
    std = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return SeedStatistics(metric=metric, split=split, steps=steps, mean=float(np.mean(values)), std=std, values=values)


def rmse(errors: Array) -> float:
    """Return the root mean square of errors; NaN is left out."""
    return float(np.sqrt(np.nanmean(np.square(errors))))

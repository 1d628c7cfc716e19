"""Calibration of prediction intervals: out-of-sample scores → the calibration of a card."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from service.artifacts.card import IntervalCalibration
from service.interfaces import Array

Unit = Literal["readings", "forecast", "spread"]  # of a score, see service/artifacts/card.py
MAX_SCORES = 99  # a step: enough for every level up to 99 %


def calibrate_intervals(scores: Array, unit: Unit, measured_on: str) -> IntervalCalibration:
    """Calibrate intervals: keep evenly spaced order statistics of every step's scores, as split conformal prediction uses them.

    `scores` are (origins, steps), in `unit`, NaN where a target is not known. All steps keep as many as the step with
    the fewest. A rank between two scores takes the larger one, so that an interval is never too narrow.
    """
    columns = [np.sort(column[~np.isnan(column)]) for column in scores.T]
    count = min(MAX_SCORES, *(len(column) for column in columns))
    quantiles = np.arange(1, count + 1) / (count + 1)
    order_statistics = [
        column[np.minimum(np.ceil(quantiles * (len(column) + 1) - 1e-9).astype(int), len(column)) - 1]
        for column in columns
    ]
    return IntervalCalibration(
        scores=[[round(float(score), 6) for score in column] for column in order_statistics],
        unit=unit,
        measured_on=measured_on,
    )


def scores(unit: Unit, actual: Array, point: Array) -> Array:
    """Return how far readings are from their forecasts: in their own unit, or as a share of the forecast."""
    error: Array = np.abs(actual - point)
    return error / np.maximum(np.abs(point), 1e-12) if unit == "forecast" else error


def narrower_unit(parts: Sequence[tuple[Array, Array]], level: float = 80.0) -> Unit:
    """Return the unit whose intervals score better: `forecast`, or `readings` if that is better.

    parts: (actual, point) of each fold, (origins, steps). Each fold is covered with the scores of the others; a single one
    is halved. A share of the forecast explodes where forecasts come near 0 and the readings do not.
    """
    if len(parts) == 1:
        half = len(parts[0][0]) // 2
        parts = [(actual, point) for actual, point in zip(*(np.split(each, [half]) for each in parts[0]), strict=True)]
    candidates: tuple[Unit, ...] = ("forecast", "readings")
    losses = [_interval_score(parts, unit, level) for unit in candidates]
    return "readings" if losses[1] < losses[0] else "forecast"


def _interval_score(parts: Sequence[tuple[Array, Array]], unit: Unit, level: float) -> float:
    """Return the mean interval score (Gneiting and Raftery, 2007) of intervals calibrated on the other parts."""
    values = []
    for number, (actual, point) in enumerate(parts):
        others = [scores(unit, *part) for index, part in enumerate(parts) if index != number]
        with np.errstate(invalid="ignore"):
            quantile = np.nanquantile(np.concatenate(others), level / 100, axis=0)
        half = quantile * (np.maximum(np.abs(point), 1e-12) if unit == "forecast" else 1.0)
        values.append(2 * half + 2 / (1 - level / 100) * np.maximum(np.abs(actual - point) - half, 0))
    pooled = np.concatenate(values)
    return float(np.nanmean(pooled)) if np.isfinite(pooled).any() else 0.0

"""Calibration of prediction intervals: out-of-sample scores → the calibration of a card."""

from typing import Literal

import numpy as np

from service.artifacts.card import IntervalCalibration
from service.interfaces import Array

MAX_SCORES = 99  # a step: enough for every level up to 99 %


def calibrate_intervals(
    scores: Array, unit: Literal["readings", "forecast", "spread"], measured_on: str
) -> IntervalCalibration:
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

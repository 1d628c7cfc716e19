"""Out-of-sample scores → the calibration of a card."""

from typing import Literal

import numpy as np

from service.artifacts.card import IntervalCalibration
from service.interfaces import Array

MOST = 99  # order statistics kept, a step: enough for every level up to 99 %


def conformal(scores: Array, unit: Literal["readings", "forecast", "spread"], measured_on: str) -> IntervalCalibration:
    """Evenly spaced order statistics of each step's scores (origins, steps), NaN where a target was not known.

    All steps keep as many as the one with the fewest; a rank that falls between two scores is the larger one's.
    """
    columns = [np.sort(column[~np.isnan(column)]) for column in scores.T]
    kept = min(MOST, *(len(column) for column in columns))
    share = np.arange(1, kept + 1) / (kept + 1)
    chosen = [
        column[np.minimum(np.ceil(share * (len(column) + 1) - 1e-9).astype(int), len(column)) - 1] for column in columns
    ]
    return IntervalCalibration(
        scores=[[round(float(score), 6) for score in column] for column in chosen], unit=unit, measured_on=measured_on
    )

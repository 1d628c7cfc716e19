"""The factor that makes intervals hold what they state."""

import numpy as np
import pytest

from training.evaluation.rolling import Predictions
from training.forecast.panel.interval_widths import measure_widths
from training.forecast.panel.questions import Questions


def test_intervals_that_are_twice_too_wide_get_a_width_of_half():
    rng = np.random.default_rng(0)
    actual = rng.normal(size=(2000, 1))
    point = np.zeros_like(actual)
    bounds = np.stack([np.full_like(point, 1.2816 * 1.5), np.full_like(point, 1.96 / 1.2)])
    given = Predictions(point, (80.0, 95.0), -bounds, bounds)
    asked = Questions([np.zeros(9)] * 2000, np.arange(2000), np.full(2000, 12), actual)
    width = measure_widths(12, [asked], [given])["12"]
    assert width.percent_80 == pytest.approx(1 / 1.5, rel=0.08)
    assert width.percent_95 == pytest.approx(1.2, rel=0.08)

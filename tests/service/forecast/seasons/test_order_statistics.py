"""Quantiles of one array agree with those of numpy."""

import numpy as np
import pytest

from service.forecast.seasons.order_statistics import median, quantiles

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 101])
def test_quantiles_are_those_of_numpy(count):
    values = np.random.default_rng(count).normal(size=count)
    assert quantiles(values, SHARES) == pytest.approx(np.quantile(values, SHARES))
    assert median(values) == pytest.approx(np.median(values))

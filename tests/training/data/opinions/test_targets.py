"""Grades become probabilities of negative, neutral and positive."""

import numpy as np
import pytest

from training.data.opinions import targets


def test_mean_ratings_become_shares_of_a_normal_distribution():
    """A mean of 0 is mostly neutral, one at the limit half positive, a large one positive."""
    shares = targets.from_ratings(np.array([0.0, 0.5, 2.0, -0.5]))
    assert shares[0] == pytest.approx([0.159, 0.683, 0.159], abs=1e-3)
    assert shares[1] == pytest.approx([0.023, 0.477, 0.5], abs=1e-3)
    assert shares[2, 2] > 0.99
    assert shares[3] == pytest.approx(shares[1][::-1])


@pytest.mark.parametrize(
    ("function", "grades"), [(targets.from_levels, [0, 1, 2, 3, 4]), (targets.from_stars, [1, 2, 3, 4, 5])]
)
def test_levels_and_stars_are_graded(function, grades):
    """The likeliest class follows the grade, and every row is a distribution."""
    shares = function(np.array(grades, float))
    assert shares.argmax(axis=1).tolist() == [0, 0, 1, 2, 2]
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares.dtype == np.float32


def test_half_levels_are_between():
    low, half, high = targets.from_levels(np.array([3.0, 3.5, 4.0]))
    assert half == pytest.approx((low + high) / 2)

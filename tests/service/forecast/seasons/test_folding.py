"""How much of a series the phases of a season explain."""

import numpy as np
import pytest

from service.forecast.seasons.folding import Folding

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("length", [2, 7, 12, 50])
def test_the_share_that_phases_explain_is_that_of_their_means(length):
    """Values with gaps, 0 there."""
    known = RNG.random(101) < 0.8
    values = np.where(known, RNG.normal(size=101), 0.0)
    means = np.zeros(101)
    for phase in range(length):
        of_phase = known & (np.arange(101) % length == phase)
        if of_phase.any():
            means[of_phase] = values[of_phase].mean()
    share, adjusted = Folding(values, known * 1.0).explained(length)
    assert share == pytest.approx(np.square(means).sum() / np.square(values).sum())
    assert adjusted < share


def test_an_exact_season_explains_everything():
    share, adjusted = Folding(np.tile([1.0, -2.0, 1.0], 20), np.ones(60)).explained(3)
    assert share == pytest.approx(1)
    assert adjusted == pytest.approx(1)


def test_zeros_are_explained_by_nothing():
    assert Folding(np.zeros(20), np.zeros(20)).explained(4)[0] == 0


@pytest.mark.parametrize("gaps", [[], [0], [0, 5, 50]])
def test_lengths_that_are_folded_together_explain_as_much_as_each_alone(gaps):
    """Also where only the first value is unknown, as that of a remainder without gaps."""
    known = np.ones(101)
    known[gaps] = 0
    values, lengths = RNG.normal(size=101) * known, (2, 3, 7, 12, 50)
    together, alone = Folding(values, known), Folding(values, known)
    together.explain(lengths)
    for length in lengths:
        assert together.explained(length) == pytest.approx(alone.explained(length))

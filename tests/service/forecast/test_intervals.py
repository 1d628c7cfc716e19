"""Split conformal scores, and what the client's own errors do to them."""

import numpy as np
import pytest

from service.artifacts.card import SeasonWidths
from service.forecast.intervals import Calibration, highest_level, is_supported, rank


def test_ranks_are_those_of_split_conformal():
    """⌈(n + 1) · level⌉ of n scores; a level needs n ≥ level / (100 − level)."""
    assert [rank(level, 99) for level in (50, 80, 95, 99)] == [50, 80, 95, 99]
    assert [is_supported(95, n) for n in (18, 19)] == [False, True]
    assert [is_supported(80, n) for n in (3, 4)] == [False, True]
    assert highest_level(99) == 99.0


def test_intervals_have_their_nominal_coverage_on_exchangeable_errors():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        scores = np.sort(np.abs(rng.standard_t(4, (1, 39))), axis=1)
        (interval,) = Calibration(scores.tolist()).intervals(np.zeros(1), np.ones(1), np.ones(1), [80], None, 1.0)
        covered.append(abs(rng.standard_t(4)) <= interval.upper[0])
    assert np.mean(covered) == pytest.approx(0.8, abs=0.06)


def test_local_errors_count_more_with_more_origins():
    calibration = Calibration(np.tile(np.arange(1.0, 40.0), (3, 1)).tolist())
    factors = [calibration.widening(np.full((origins, 3), 80.0), 80, 1.0) for origins in (2, 10, 48)]
    assert 1 < factors[0] < factors[1] < factors[2] < 80 / 32
    assert calibration.widening(np.full((48, 3), 1.0), 80, 1.0) == 1.0
    assert 0.7 <= calibration.widening(np.full((48, 3), 1.0), 80, 0.7) < 1
    assert calibration.widening(np.full((4, 3), np.nan), 80, 1.0) == 1.0


def test_intervals_after_the_calibrated_steps_widen_like_those_of_a_random_walk():
    calibration = Calibration([[1.0, 2.0, 3.0, 4.0]] * 4)
    (interval,) = calibration.intervals(np.zeros(16), np.ones(16), np.ones(16), [80], None, 1.0)
    assert interval.upper[3] == 4
    assert interval.upper[15] == pytest.approx(8)


def test_intervals_never_get_narrower_with_the_step_and_contain_lower_levels():
    """Although later scores are smaller, and the spreads differ by side."""
    calibration = Calibration([[2.0, 4.0, 6.0, 8.0], [1.0, 1.0, 1.0, 1.0]])
    narrow, wide = calibration.intervals(np.zeros(2), np.ones(2), np.full(2, 3.0), [50, 80], None, 1.0)
    assert narrow.upper[1] >= narrow.upper[0]
    assert narrow.lower[1] <= narrow.lower[0]
    assert (np.array(wide.upper) >= narrow.upper).all()
    assert (np.array(wide.lower) <= narrow.lower).all()
    assert narrow.upper[0] == -3 * narrow.lower[0]


def test_empirical_coverage_is_the_share_of_known_scores_within_the_interval():
    calibration = Calibration([[1.0, 2.0, 3.0, 4.0]] * 2)
    scores = np.array([[1.0, 9.0], [4.0, np.nan], [np.nan, np.nan]])
    coverage, count = calibration.empirical_coverage(scores, 80)
    assert coverage == pytest.approx(100 * 2 / 3)
    assert count == 3
    assert calibration.empirical_coverage(np.full((3, 2), np.nan), 80) == (100.0, 0)


def test_levels_of_one_rank_share_their_multipliers():
    """Callers may send any level, and each would be kept for ever."""
    calibration = Calibration(np.tile(np.arange(1.0, 40.0), (3, 1)).tolist())
    levels = np.linspace(1, 97, 10_000)
    expected = [rank(level, 39) for level in levels]
    assert [calibration.multipliers(level)[0] for level in levels] == expected
    assert len(calibration._multipliers) <= 39


def test_the_widening_and_the_coverage_of_a_series_do_not_depend_on_the_others():
    """One has a gap, and one has no score."""
    calibration = Calibration(np.tile(np.arange(1.0, 40.0), (3, 1)).tolist())
    scores = np.random.default_rng(0).uniform(0, 80, (3, 5, 3))
    scores[1, 0, 1] = np.nan
    scores[2] = np.nan
    for level in (80, 95):
        alone = [calibration.widening(each, level, 0.7) for each in scores]
        assert calibration.widenings(scores, level, 0.7).tolist() == alone
    assert calibration.coverages(scores, 80) == [calibration.empirical_coverage(each, 80) for each in scores]
    assert calibration.coverages(scores, 80)[2] == (100, 0)


def test_widths_of_a_season_multiply_the_intervals():
    """At 80 and 95 percent as stated, in between a mean, and outside as at the nearer one."""
    calibration = Calibration([[float(i) for i in range(1, 100)]])
    widths = SeasonWidths(percent_80=0.5, percent_95=2.0, measured_on="series")
    one = np.ones(1)
    levels = [50, 80, 87.5, 95, 98]
    plain = calibration.intervals(0 * one, one, one, levels, None, 1.0)
    found = calibration.intervals(0 * one, one, one, levels, None, 1.0, widths=widths)
    factors = [wide.upper[0] / narrow.upper[0] for wide, narrow in zip(found, plain, strict=True)]
    assert factors == pytest.approx([0.5, 0.5, 1.25, 2.0, 2.0])


@pytest.mark.parametrize("horizon", [1, 3, 8])
def test_intervals_of_many_plain_series_are_those_of_each(horizon):
    """To the last digit, although they are computed together and for all levels at once."""
    rng = np.random.default_rng(0)
    calibration = Calibration(np.sort(rng.random((3, 99)), axis=1).tolist())
    values, unit = rng.normal(size=(5, horizon)), rng.random((5, horizon))
    levels = (50.0, 80.0, 95.0)
    lower, upper = calibration.plain_bounds(values, unit, levels)
    for row in range(5):
        each = calibration.intervals(values[row], unit[row], unit[row], levels, None, 1.0)
        assert [(i.lower, i.upper) for i in each] == list(zip(lower[row].tolist(), upper[row].tolist(), strict=True))

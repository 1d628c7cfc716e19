"""Split conformal scores and what the caller's own errors do to them; the walk that they come from; seasons."""

import numpy as np
import pytest

from service.forecast import backtest, seasonality
from service.forecast.intervals import Calibration, highest_level, is_supported, rank


def test_ranks_are_those_of_split_conformal():
    """⌈(n + 1) · level⌉ of n scores; a level needs n ≥ level / (100 − level)."""
    assert [rank(level, 99) for level in (50, 80, 95, 99)] == [50, 80, 95, 99]
    assert [is_supported(95, n) for n in (18, 19)] == [False, True]
    assert [is_supported(80, n) for n in (3, 4)] == [False, True]
    assert highest_level(99) == 99.0


def test_intervals_cover_exchangeable_errors_as_they_say():
    chance = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        scores = np.sort(np.abs(chance.standard_t(4, (1, 39))), axis=1)
        (band,) = Calibration(scores.tolist()).intervals(np.zeros(1), np.ones(1), np.ones(1), [80], None, 1.0)
        covered.append(abs(chance.standard_t(4)) <= band.upper[0])
    assert np.mean(covered) == pytest.approx(0.8, abs=0.06)


def test_own_errors_widen_more_the_more_origins_there_are():
    calibration = Calibration(np.tile(np.arange(1.0, 40.0), (3, 1)).tolist())
    wide = [calibration.widening(np.full((origins, 3), 80.0), 80, 1.0) for origins in (2, 10, 48)]
    assert 1 < wide[0] < wide[1] < wide[2] < 80 / 32
    assert calibration.widening(np.full((48, 3), 1.0), 80, 1.0) == 1.0
    assert 0.7 <= calibration.widening(np.full((48, 3), 1.0), 80, 0.7) < 1
    assert calibration.widening(np.full((4, 3), np.nan), 80, 1.0) == 1.0


def test_steps_after_the_calibrated_ones_grow_as_a_random_walk():
    calibration = Calibration([[1.0, 2.0, 3.0, 4.0]] * 4)
    (band,) = calibration.intervals(np.zeros(16), np.ones(16), np.ones(16), [80], None, 1.0)
    assert band.upper[3] == 4
    assert band.upper[15] == pytest.approx(8)


def test_a_walk_compares_with_the_season_before_and_leaves_out_what_was_missing():
    values = np.arange(20.0)
    seen = [i != 15 for i in range(20)]
    walked = backtest.rolling_backtest(values, seen, [14, 15, 16], np.full((3, 3), 14.0), 4)
    assert walked.actual[0].tolist()[0] == 14
    assert np.isnan(walked.actual[0, 1])
    assert walked.naive[0].tolist() == [10, 11, 12]
    assert walked.errors[1, 1] == 2
    assert walked.skill(3) is None  # too few origins


def test_skill_is_the_ratio_of_errors_on_the_same_targets():
    values = np.arange(30.0)
    ends = range(18, 28)
    forecasts = np.array([values[e : e + 2] + 1 for e in ends])
    skill = backtest.rolling_backtest(values, None, ends, forecasts, 4).skill(2)
    assert skill["ratio"] == pytest.approx(0.25)
    assert (skill["measured_on"], skill["origins"]) == ("readings", 10)


@pytest.mark.parametrize(("season", "noise"), [(12, 0.3), (7, 0.5), (4, 0.2), (24, 0.3)])
def test_a_season_is_found_in_the_readings(season, noise):
    time = np.arange(8 * season)
    chance = np.random.default_rng(1)
    pattern = chance.normal(size=season)
    values = 50 + 0.1 * time + 3 * pattern[time % season] + noise * chance.normal(size=len(time))
    assert seasonality.detect_season(values) == season


@pytest.mark.parametrize("values", [np.ones(60), np.arange(60.0), np.random.default_rng(2).normal(size=200).cumsum()])
def test_no_season_is_invented(values):
    assert seasonality.detect_season(values) == 1


@pytest.mark.parametrize(
    ("alias", "season"), [("MS", 12), ("QS-OCT", 4), ("D", 7), ("h", 24), ("30min", 48), ("YS", 1)]
)
def test_frequencies_have_their_usual_seasons(alias, season):
    assert seasonality.season_of_frequency(alias) == season

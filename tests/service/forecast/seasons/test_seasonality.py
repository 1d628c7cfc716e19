"""Season lengths, from the frequency or from the readings."""

import numpy as np
import pytest

from service.forecast.seasons import seasonality
from tests.service.forecast import series


@pytest.mark.parametrize("values", [np.ones(60), np.arange(60.0), np.random.default_rng(2).normal(size=200).cumsum()])
def test_readings_without_a_season_have_a_season_length_of_1(values):
    assert seasonality.detect_season(values) == 1


@pytest.mark.parametrize(
    ("alias", "season_length"),
    [
        ("MS", 12),
        ("2MS", 6),
        ("3MS", 4),
        ("6MS", 2),
        ("5MS", 12),
        ("12MS", 1),
        ("QS-OCT", 4),
        ("2QS-JAN", 2),
        ("YS", 1),
        ("SMS-15", 24),
        ("WOM-1MON", 12),
        ("D", 7),
        ("2D", 7),
        ("7D", 52),
        ("30D", 12),
        ("10D", 1),
        ("B", 5),
        ("5B", 52),
        ("W-SUN", 52),
        ("2W-SUN", 26),
        ("4W-SUN", 13),
        ("3W-SUN", 1),
        ("24h", 7),
        ("48h", 7),
        ("12h", 14),
        ("8h", 21),
        ("6h", 4),
        ("5h", 24),
        ("h", 24),
        ("30min", 48),
        ("15min", 96),
        ("5min", 288),
        ("min", 1440),
    ],
)
def test_frequencies_and_their_multiples_have_their_usual_seasons(alias, season_length):
    assert seasonality.season_of_frequency(alias) == season_length


def choose(values, usual):
    return seasonality.choose_season(values, np.ones(len(values), dtype=bool), usual)


@pytest.mark.parametrize(
    ("values", "usual", "season_length"),
    [
        (series.seasonal(0, 120, 12), 12, 12),
        (series.seasonal(0, 120, 12), None, 12),
        (series.seasonal(0, 120, 12), 1, 12),  # years may have a cycle
        (series.seasonal(0, 60, 10), 7, 10),  # the readings show another one, and nothing of the usual one
        (series.seasonal(0, 60, 10), 1440, 10),  # too few readings for the usual one
        (series.seasonal(0, 240, 24) + series.seasonal(1, 240, 120), 24, 24),
        (series.noise(0, 20), 12, 12),  # what readings do not contradict stays
        (series.seasonal(0, 20, 5), 12, 12),
        (series.seasonal(0, 20, 5, 0.01), 12, 5),  # they repeat almost without noise
        (series.noise(1, 60), 7, 1),  # many weeks without a trace of it
        (series.noise(0, 60), 288, 1),
        (np.ones(40), 12, 12),
    ],
)
def test_the_usual_season_stays_unless_readings_are_too_few_or_show_another(values, usual, season_length):
    assert choose(values, usual) == season_length


@pytest.mark.parametrize("season_length", [4, 7, 12, 24])
def test_to_tell_the_frequency_makes_the_season_no_worse(season_length):
    """The true season is found at least as often as without the frequency."""
    for count in (int(1.7 * season_length), 3 * season_length, 6 * season_length):
        made = [series.seasonal(seed, count, season_length) for seed in range(20)]
        told = sum(choose(values, season_length) == season_length for values in made)
        assert told >= sum(choose(values, None) == season_length for values in made)
        assert told >= 18


@pytest.mark.parametrize(
    ("count", "season_length", "expected"),
    [
        (48, 12, True),
        (48, 24, True),  # the readings hold less than three seasons of 24, and 12 divides 24
        (48, 7, False),
        (48, 30, False),  # 12 does not divide 30
    ],
)
def test_readings_of_a_yearly_season_may_have_some_seasons(count, season_length, expected):
    """A season that the readings could show must be theirs; another one must not contradict theirs."""
    values = 50 + 10 * np.sin(2 * np.pi * np.arange(count) / 12)
    assert seasonality.may_have_season(values, season_length) is expected

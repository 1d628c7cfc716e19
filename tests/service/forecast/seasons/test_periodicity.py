"""Seasons that readings show, and series that show none."""

import numpy as np
import pytest

from service.forecast.seasons.periodicity import periodicity
from service.forecast.seasons.seasonality import detect_season
from tests.service.forecast.series import autoregression, noise, random_walk, seasonal, wave

SEEDS = range(100)
WITHOUT_SEASON = {
    "noise": noise,
    "random walk": random_walk,
    "AR(1) of 0.5": lambda seed, count: autoregression(seed, count, 0.5),
    "AR(1) of 0.9": lambda seed, count: autoregression(seed, count, 0.9),
    "AR(1) of -0.5": lambda seed, count: autoregression(seed, count, -0.5),
    "trend": lambda seed, count: 0.3 * np.arange(count) + noise(seed, count),
    "level shift": lambda seed, count: noise(seed, count) + 10 * (np.arange(count) > count // 3),
    "intermittent": lambda seed, count: np.random.default_rng(seed).poisson(0.15, count) * 1.0,
    "heavy tails": lambda seed, count: np.random.default_rng(seed).standard_t(2, count),
}


@pytest.mark.parametrize("kind", WITHOUT_SEASON)
@pytest.mark.parametrize("count", [24, 100, 365])
def test_series_without_a_season_hardly_ever_show_one(kind, count):
    """Of a hundred series at most four do; at a rate of 2 % more are a chance of 1 in 20."""
    found = [season for seed in SEEDS if (season := detect_season(WITHOUT_SEASON[kind](seed, count))) > 1]
    assert len(found) <= 4, found


@pytest.mark.parametrize("season_length", [5, 7, 10, 12, 17, 24, 52, 100])
def test_a_season_of_any_length_is_found(season_length):
    """Five seasons of a random pattern with noise."""
    found = [detect_season(seasonal(seed, 5 * season_length, season_length)) for seed in range(10)]
    assert found.count(season_length) >= 8, found


@pytest.mark.parametrize("season_length", [7, 12, 24, 48])
def test_a_smooth_season_is_found_with_its_length(season_length):
    """Eight seasons of a wave; noise moves its peak."""
    found = [detect_season(wave(seed, 8 * season_length, season_length)) for seed in range(10)]
    assert found.count(season_length) >= 9, found


@pytest.mark.parametrize("season_length", [24, 60])
def test_two_seasons_are_enough_where_there_is_hardly_any_noise(season_length):
    found = [detect_season(seasonal(seed, 2 * season_length, season_length, 0.02)) for seed in range(10)]
    assert found.count(season_length) >= 8, found


def test_a_square_wave_shows_its_season():
    """Nothing changes but twice a season."""
    values = np.where(np.arange(4032) % 288 < 144, 1.0, 0.0)
    assert [detect_season(values[:count]) for count in (864, 1200, 4032)] == [288, 288, 288]


def test_half_years_that_are_alike_make_a_season_of_a_year():
    """The halves differ by less than either changes."""
    time = np.arange(84)
    values = 10 * np.sin(4 * np.pi * time / 12) + 4 * np.sin(2 * np.pi * time / 12) + noise(0, 84)
    assert detect_season(values) == 12


def test_one_absurd_reading_does_not_hide_a_season():
    values = seasonal(3, 84, 7)
    values[40] = 1e6
    assert detect_season(values) == 7


@pytest.mark.parametrize("unit", [1e-200, 1e-9, 1e140])
def test_the_season_does_not_depend_on_the_unit(unit):
    assert detect_season(unit * seasonal(1, 60, 12)) == 12


def test_interpolated_readings_do_not_count():
    """A line through a gap is no pattern, and what lies around it still is one."""
    values, observed = seasonal(2, 120, 12), np.ones(120, dtype=bool)
    observed[40:70] = False
    values[40:70] = np.linspace(values[39], values[70], 30)
    shown = periodicity(values, observed)
    assert shown is not None
    assert shown.season() == 12
    assert shown.shows(12)
    assert not shown.shows(7)


@pytest.mark.parametrize("values", [np.arange(50.0), np.ones(50), np.arange(5.0)])
def test_lines_and_few_readings_show_nothing(values):
    assert periodicity(values, np.ones(len(values), dtype=bool)) is None

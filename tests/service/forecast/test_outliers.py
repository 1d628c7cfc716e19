"""Absurd readings are found, and honest ones are left alone."""

import numpy as np
import pytest

from service.forecast import outliers
from service.forecast.seasons import seasonality
from tests.service.forecast.series import autoregression, noise, random_walk, wave

COUNT = 120
TIME = np.arange(COUNT)
KINDS = {
    "level": lambda seed: 1000 + 50 * noise(seed, COUNT),
    "season": lambda seed: 1000 + 200 * wave(seed, COUNT, 12),
    "exact week": lambda _: np.resize([120.0, 118, 119, 125, 140, 60, 40], COUNT),
    "trend": lambda seed: 100 + 2 * TIME + 5 * noise(seed, COUNT),
    "random walk": lambda seed: 500 + 5 * random_walk(seed, COUNT),
    "AR(1)": lambda seed: 100 + 3 * autoregression(seed, COUNT, 0.8),
}
SLIPS = {
    "x 100": lambda reading: 100 * reading,
    "x 1000": lambda reading: 1000 * reading,
    "another sign": lambda reading: -reading,
    "0": lambda _: 0.0,
    "999999": lambda _: 999999.0,
}


def find(values, season_length=None):
    """The indices of outliers; without a season it is detected, as for a request."""
    observed = np.ones(len(values), dtype=bool)
    season_length = season_length or seasonality.choose_season(values, observed, None)
    return outliers.find_outliers(values, observed, season_length).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("indices", [[60], [COUNT - 1], [50, 51], [50, 51, 52], [30, 85]])
def test_readings_that_were_typed_wrongly_are_found(kind, slip, indices):
    """One in the middle, the last one, several in a row, and two apart: in at least nine of ten series, and no other."""
    hits = 0
    for seed in range(10):
        values = KINDS[kind](seed)
        values[indices] = [SLIPS[slip](reading) for reading in values[indices]]
        found = find(values)
        assert set(found) <= set(indices)
        hits += found == indices
    assert hits >= 9


def test_a_placeholder_may_stand_for_many_readings():
    values = KINDS["season"](0)
    values[40:49] = 999999
    assert find(values) == list(range(40, 49))


def with_spikes(seed, every, height=300.0):
    return 100 + 5 * noise(seed, 240) + height * ((np.arange(240) + seed) % every == 0)


def burst(seed):
    values = 100 + 5 * noise(seed, 200)
    start = 10 + 15 * (seed % 12)
    values[start : start + 8] += [200, 300, 250, 180, 120, 70, 40, 20]
    return values


def shifted(seed, last, by=50.0):
    """A new level for the last readings."""
    values = 100 + noise(seed, 100)
    values[100 - last :] += by
    return values


HONEST = {
    "normal": lambda seed: noise(seed, 300),
    "random walk": lambda seed: random_walk(seed, 300),
    "Student t of 3": lambda seed: np.random.default_rng(seed).standard_t(3, 300),
    "Student t of 2": lambda seed: np.random.default_rng(seed).standard_t(2, 300),
    "log-normal": lambda seed: np.exp(np.random.default_rng(seed).normal(size=300)),
    "Pareto": lambda seed: np.random.default_rng(seed).pareto(1.5, 300),
    "intermittent": lambda seed: np.random.default_rng(seed).poisson(0.1, 300) * 1.0,
    "lumpy": lambda seed: np.random.default_rng(seed).poisson(0.2, 300) * np.exp(noise(seed, 300)),
    "counts": lambda seed: np.random.default_rng(seed).poisson(3, 300) * 1.0,
    "weekly spikes": lambda seed: with_spikes(seed, 7),
    "yearly spikes": lambda seed: with_spikes(seed, 12),
    "rare spikes": lambda seed: with_spikes(seed, 100),
    "burst": burst,
    "square wave": lambda seed: np.where((np.arange(200) + seed) // 10 % 2, 10.0, 0.0),
    "exponential growth": lambda seed: np.exp(np.arange(100) / 12) * (1 + 0.1 * noise(seed, 100)),
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_readings_are_hardly_ever_outliers(kind):
    """In at most one of fifty series."""
    assert sum(bool(find(HONEST[kind](seed))) for seed in range(50)) <= 1


@pytest.mark.parametrize("last", [3, 4, 5, 7, 10, 50])
def test_a_new_level_of_three_readings_or_more_is_none(last):
    assert [find(shifted(seed, last)) for seed in range(20)] == [[]] * 20


def test_the_first_readings_of_a_new_level_are_none_if_they_may_be_honest():
    """Half as much again is a step that series make; a hundred times as much is not."""
    assert find(shifted(0, 1)) == find(shifted(0, 2)) == []
    assert find(shifted(0, 2, by=1e4)) == [98, 99]


def test_a_spike_that_comes_again_every_season_is_none():
    """A month of one year in twelve, in three years."""
    values = 100 + 2 * noise(0, 36)
    values[[10, 22, 34]] += 1000
    assert find(values, 12) == []


def test_the_first_month_of_its_kind_is_none():
    """There is no other December yet. A slip is told all the same."""
    values = 100 + 2 * noise(0, 20)
    values[10] += 200
    assert find(values, 12) == []
    assert find(values, 7) == [10]
    values[10] = 10_000
    assert find(values, 12) == [10]


def test_one_odd_reading_among_equal_ones_is_found_unless_they_are_zeros():
    values = np.full(40, 5.0)
    values[20] = 500
    assert find(values) == [20]
    assert find(np.where(np.arange(40) == 20, 3.0, 0.0)) == []


def test_readings_that_are_missing_are_no_outliers():
    values, observed = KINDS["level"](0), np.ones(COUNT, dtype=bool)
    observed[10:30] = False
    values[10:30] = 1e9
    assert outliers.find_outliers(values, observed, 1).size == 0


@pytest.mark.parametrize("unit", [1e-300, 1e-9, 1e140])
def test_outliers_do_not_depend_on_the_unit(unit):
    values = KINDS["level"](0)
    values[33] *= 100
    assert find(unit * values, 1) == [33]


def test_the_warning_names_the_readings():
    assert outliers.notice(np.array([7]), 40).detail.endswith("and was treated as missing (index 7)")
    assert outliers.notice(np.array([7, 9]), 40).detail.endswith("and were treated as missing (indices 7, 9)")
    assert outliers.notice(np.arange(30), 400).detail.endswith(" 19, …)")


@pytest.mark.parametrize("count", [5, 12, 30, 36, COUNT])
@pytest.mark.parametrize("kind", KINDS)
def test_readings_that_surely_have_no_outlier_have_none(kind, count):
    """The quick answer is never wrong, and it is given for most honest readings."""
    sure = 0
    for seed in range(40):
        values = KINDS[kind](seed)[:count].copy()
        if seed % 2:
            values[count // 2] *= 1 + seed
        is_sure = outliers.has_none(values.tolist(), 12)
        assert not is_sure or find(values, 12) == []
        sure += is_sure
    assert sure >= 10


@pytest.mark.parametrize("unit", [-1.0, 0.0, 1e-200, 1e200])
def test_readings_of_other_signs_and_units_are_looked_at_more_closely(unit):
    assert not outliers.has_none((unit * KINDS["level"](0)).tolist(), 1)

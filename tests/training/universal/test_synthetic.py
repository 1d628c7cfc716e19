"""The generator of synthetic series: shapes, finite values, and the same series for the same seed."""

import numpy as np
import pytest

from training.universal import calendar, synthetic


@pytest.mark.parametrize("season_length", [1, 4, 7, 12, 24, 48, 52])
@pytest.mark.parametrize("family", [*synthetic.FAMILIES, synthetic.growing], ids=lambda family: family.__name__)
def test_a_family_gives_finite_rows_and_repeats_them(family, season_length):
    series = family(np.random.default_rng(3), 6, 70, season_length)
    assert series.shape == (6, 70)
    assert np.isfinite(series).all()
    np.testing.assert_array_equal(series, family(np.random.default_rng(3), 6, 70, season_length))
    assert (series != family(np.random.default_rng(4), 6, 70, season_length)).any()


def test_a_sample_mixes_the_families_in_rows_that_differ():
    series = synthetic.sample(np.random.default_rng(0), 40, 100, 12)
    assert series.shape == (40, 100)
    assert np.isfinite(series).all()
    assert len(np.unique(series, axis=0)) == 40
    assert np.ptp(np.log10(series.std(axis=1) + 1e-12)) > 3, "scales differ by orders of magnitude"


def test_seasonal_families_repeat_their_season():
    """Innovations of a state space model move its season, so a lag of one season is the closest on average."""
    series = synthetic.composed(np.random.default_rng(0), 400, 120, 12)
    changes = [np.median(np.abs(series[:, lag:] - series[:, :-lag]).mean(axis=1)) for lag in (5, 7, 12)]
    assert changes[2] < min(changes[:2])


def test_counts_are_whole_numbers_from_zero():
    series = synthetic.counts(np.random.default_rng(0), 20, 50, 7)
    assert (series == np.round(series)).all()
    assert series.min() >= 0


@pytest.mark.parametrize("season_length", sorted(synthetic.CALENDAR_FAMILIES))
@pytest.mark.parametrize("length", [20, 800])
def test_days_and_weeks_give_finite_rows_and_repeat_them(season_length, length):
    family = synthetic.CALENDAR_FAMILIES[season_length]
    series = family(np.random.default_rng(3), 8, length, season_length)
    assert series.shape == (8, length)
    assert np.isfinite(series).all()
    np.testing.assert_array_equal(series, family(np.random.default_rng(3), 8, length, season_length))


def test_hours_repeat_their_day_and_their_week():
    """Of half of the rows a lag of a week is closer than one of half a day, and than one of three and a half days."""
    series = calendar.intraday(np.random.default_rng(0), 200, 1000, 24)
    changes = [np.abs(series[:, lag:] - series[:, :-lag]).mean(axis=1) for lag in (12, 84, 168)]
    assert np.median(changes[2] / changes[0]) < 0.9
    assert np.median(changes[2] / changes[1]) < 0.9


def test_growth_lasts():
    """The second half of most rows goes where the first half went, and most go up."""
    series = synthetic.growing(np.random.default_rng(0), 300, 60, 1)
    first, second = series[:, 30] - series[:, 0], series[:, -1] - series[:, 30]
    assert (np.sign(first) == np.sign(second)).mean() > 0.75
    assert 0.65 < (series[:, -1] > series[:, 0]).mean() < 0.9


@pytest.mark.parametrize("season_length", [1, 12, 24, 13])
def test_shares_of_the_families_add_up(season_length):
    families, shares = synthetic._families(season_length)
    assert len(families) == len(shares)
    assert shares.sum() == pytest.approx(1)


def test_intermittent_demand_is_mostly_zero():
    series = synthetic.intermittent(np.random.default_rng(0), 100, 60, 12)
    assert series.min() == 0
    assert (series == np.round(series)).all()
    assert 0.4 < (series == 0).mean() < 0.9


def test_some_rows_repeat_exactly(monkeypatch):
    monkeypatch.setattr(synthetic, "REPEATING_SHARE", 1.0)
    series = synthetic.sample(np.random.default_rng(0), 30, 60, 7)
    change, size = np.abs(series[:, 7:] - series[:, :-7]).mean(axis=1), np.abs(series).mean(axis=1)
    assert (change < 1e-9 * size).mean() > 0.2
    assert np.median(change / size) < 0.1


def test_season_lengths_are_those_of_the_table():
    rng = np.random.default_rng(0)
    lengths = [synthetic.choose_season_length(rng) for _ in range(3000)]
    assert set(lengths) == set(synthetic.SEASONS)
    assert max(set(lengths), key=lengths.count) == 12
    assert sum(synthetic.SEASON_SHARES) == pytest.approx(1)
    assert sum(synthetic.SHARES) == pytest.approx(1)


def test_a_constant_series_can_be_disturbed():
    """A row without variation has no deviation to divide by."""
    series = synthetic.disturb(np.random.default_rng(0), np.full((5, 30), 7.0), 12)
    assert np.isfinite(series).all()


def test_a_plot_of_each_family_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic, "FAMILIES", ())
    monkeypatch.setattr(synthetic, "SHARES", ())
    monkeypatch.setattr(synthetic, "CALENDAR_FAMILIES", {7: calendar.daily})
    synthetic.plot_samples(tmp_path / "pictures")
    names = {file.stem.removeprefix("synthetic_") for file in (tmp_path / "pictures").iterdir()}
    assert names == {"growing", "daily", "mixture"}

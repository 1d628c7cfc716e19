"""The generator of synthetic series: shapes, finite values, and the same series for the same seed."""

import numpy as np
import pytest

from training.universal import synthetic


@pytest.mark.parametrize("season_length", [1, 4, 7, 12, 24, 48, 52])
@pytest.mark.parametrize("family", synthetic.FAMILIES, ids=lambda family: family.__name__)
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


def test_season_lengths_are_those_of_the_table():
    rng = np.random.default_rng(0)
    lengths = [synthetic.choose_season_length(rng) for _ in range(300)]
    assert set(lengths) == set(synthetic.SEASONS)
    assert max(set(lengths), key=lengths.count) == 12


def test_a_constant_series_can_be_disturbed():
    """A row without variation has no deviation to divide by."""
    series = synthetic.disturb(np.random.default_rng(0), np.full((5, 30), 7.0), 12)
    assert np.isfinite(series).all()


def test_a_plot_of_each_family_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic, "FAMILIES", (synthetic.composed,))
    monkeypatch.setattr(synthetic, "SHARES", (1.0,))
    synthetic.plot_samples(tmp_path / "pictures")
    assert sorted(file.name for file in (tmp_path / "pictures").iterdir()) == [
        "synthetic_composed.png",
        "synthetic_mixture.png",
    ]

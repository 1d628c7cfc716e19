"""Batches for the universal network: they depend on (seed, number) alone, and gaps are interpolated."""

import numpy as np
import pytest

from service.forecast.features.context_features import READING_FEATURES, STEP_FEATURES, block_count
from training.universal import batches


def test_a_batch_has_the_shapes_and_types_that_the_network_reads():
    for number in range(3):
        batch = batches.make_batch(0, number)
        rows, blocks, features = batch.readings.shape
        steps = batch.target.shape[1]
        assert (rows, features) == (batches.BATCH, READING_FEATURES)
        assert (blocks, steps) in {(block_count(shape.time), shape.steps) for shape in batches.SHAPES}
        assert batch.steps.shape == (rows, steps, STEP_FEATURES)
        for values in batch:
            assert values.dtype == np.float32
            assert np.isfinite(values).all()
        assert np.abs(batch.target).max() <= batches.MAX_TARGET


def test_a_batch_depends_on_its_seed_and_number_alone():
    first = batches.make_batch(1, 7)
    for values, again in zip(first, batches.make_batch(1, 7), strict=True):
        np.testing.assert_array_equal(values, again)
    for other in (batches.make_batch(2, 7), batches.make_batch(1, 8)):
        assert other.target.shape != first.target.shape or (other.target != first.target).any()


def test_a_run_that_goes_on_gets_the_batches_that_it_would_have_had(monkeypatch):
    monkeypatch.setattr(batches, "make_batch", lambda seed, number: f"{seed}, {number}")
    assert [*map(str, batches.batches(3, 0, 6))] == [f"3, {number}" for number in range(6)]
    assert [*map(str, batches.batches(3, 4, 6))] == ["3, 4", "3, 5"]
    assert list(batches.batches(3, 6, 6)) == []


def test_gaps_are_interpolated_and_the_ends_are_kept():
    """A straight line stays one, whatever is removed from it; most rows have no gap."""
    line = np.tile(np.arange(50.0), (200, 1))
    values, observed = batches.with_gaps(np.random.default_rng(0), line)
    np.testing.assert_allclose(values, line)
    assert observed[:, [0, -1]].all()
    with_gap = ~observed.all(axis=1)
    assert 0 < with_gap.sum() < 50
    assert line[0, 10] == 10, "the values given are not changed"


def test_a_gap_hides_its_reading():
    rng = np.random.default_rng(0)
    spikes = rng.normal(size=(200, 50))
    values, observed = batches.with_gaps(np.random.default_rng(0), spikes)
    assert (values[observed] == spikes[observed]).all()
    assert (values[~observed] != spikes[~observed]).all()


def test_the_stated_season_length_is_sometimes_another_one():
    """So the network learns to forecast where a caller states no season, or a wrong one."""
    rng = np.random.default_rng(0)
    stated = [batches._stated_season_length(rng, 24, 128) for _ in range(1000)]
    assert 0.9 < stated.count(24) / 1000 < 0.98
    assert 0.02 < stated.count(1) / 1000 < 0.1


def test_the_shares_of_the_shapes_add_up():
    assert sum(shape.share for shape in batches.SHAPES) == pytest.approx(1)


def test_rows_hold_enough_of_their_season():
    """Short rows have short seasons, and of the longest rows most have a long one."""
    rng = np.random.default_rng(0)
    short = {batches.choose_season_length(rng, 16) for _ in range(300)}
    longest = [batches.choose_season_length(rng, 2048) for _ in range(300)]
    assert max(short) <= 13
    assert min(longest) >= 7

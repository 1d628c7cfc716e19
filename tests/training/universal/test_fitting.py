"""Training of the universal network, on a few batches: it learns, and an interrupted run gives the same network."""

import json

import numpy as np
import pytest

# Keras saves weights through an old form of NumPy's protocol
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]


@pytest.fixture
def fitting(monkeypatch):
    """The module, with a network of four units that is saved after every batch, and batches of one shape."""
    from training.networks import universal
    from training.universal import batches, fitting

    monkeypatch.setattr(fitting, "network", lambda: universal.network(units=4))
    monkeypatch.setattr(fitting, "SAVE_EVERY", 1)
    monkeypatch.setattr(fitting, "JIT_COMPILE", False)
    monkeypatch.setattr(fitting, "WARMUP_STEPS", 1)
    monkeypatch.setattr(batches, "SHAPES", (batches.Shape(16, 8, 1.0),))
    monkeypatch.setattr(batches, "BATCH", 16)
    return fitting


def test_a_run_that_was_interrupted_gives_the_network_of_one_that_was_not(fitting, tmp_path, monkeypatch):
    whole = fitting.train(tmp_path / "whole", 0, 4)

    def interrupted(seed, first, end):
        yield from all_batches(seed, first, first + 2)
        raise KeyboardInterrupt

    all_batches = fitting.batches
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "batches", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fitting.train(tmp_path / "parts", 0, 4)
    resumed = fitting.train(tmp_path / "parts", 0, 4)
    for weights, expected in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-6)
    log = [json.loads(line) for line in (tmp_path / "parts" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log] == [1, 2, 3, 4]
    assert all(np.isfinite(row["loss"]) for row in log)
    assert not (tmp_path / "parts" / "part.keras").exists()


def test_a_finished_run_is_not_trained_further(fitting, tmp_path):
    first = fitting.train(tmp_path, 0, 1)
    again = fitting.train(tmp_path, 0, 1)
    for weights, expected in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_fewer_steps_than_the_warm_up_has_are_trained(fitting, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "WARMUP_STEPS", 300)
    assert int(fitting.train(tmp_path, 0, 1).optimizer.iterations) == 1


def test_the_learning_rate_rises_stays_and_falls(fitting, monkeypatch):
    """Until it falls it does not depend on the number of steps."""
    monkeypatch.setattr(fitting, "WARMUP_STEPS", 300)
    rates = [fitting.learning_rate(step, 10_000) for step in range(10_001)]
    assert rates[0] < rates[100] < rates[299] == fitting.LEARNING_RATE == rates[6_999]
    assert rates[-1] == 0 < rates[9_999] < rates[8_000] < fitting.LEARNING_RATE
    assert rates[:6_000] == [fitting.learning_rate(step, 20_000) for step in range(6_000)]

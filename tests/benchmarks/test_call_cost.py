"""The benchmark of a model call: its table, and the models that it refuses."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import call_cost
from training.evaluation import served

MODELS = Path(__file__).parents[2] / "models"


def found(*sizes):
    """Times of a batcher that takes 100 µs a call and 10 µs a series."""
    return {size: {"batcher": 100.0 + 10 * size, "predict": 50.0, "network": 25.0} for size in sizes}


def test_the_table_has_a_line_for_each_size_and_splits_a_call():
    assert call_cost.table(found(1, 4, 8, 64)).splitlines() == [
        "| series | batcher µs | predict µs | network µs | a series |",
        "| ---: | ---: | ---: | ---: | ---: |",
        "| 1 | 110 | 50 | 25 | 110 |",
        "| 4 | 140 | 50 | 25 | 35 |",
        "| 8 | 180 | 50 | 25 | 22 |",
        "| 64 | 740 | 50 | 25 | 12 |",
        "",
        "up to 8 series: 100 µs a call, and 10.0 µs a series",
    ]


@pytest.mark.parametrize("sizes", [(1,), (1, 64), (16, 64)])
def test_a_call_is_not_split_by_fewer_than_two_small_sizes(sizes):
    """No line goes through one point."""
    assert len(call_cost.table(found(*sizes)).splitlines()) == 2 + len(sizes)


def test_a_forecaster_without_a_fixed_window_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(served, "load", lambda _: SimpleNamespace())
    options = call_cost.parse_options(["--model", "universal", "--models-dir", str(MODELS)])
    with pytest.raises(SystemExit, match="universal/2 has no fixed window; --model must name a network of one series"):
        call_cost.load(options)


def test_a_model_that_is_not_there_is_refused_in_words(tmp_path):
    with pytest.raises(SystemExit, match="holds no 'gru'"):
        call_cost.load(call_cost.parse_options(["--models-dir", str(tmp_path)]))


@pytest.mark.parametrize(("model", "count"), [("gru,lstm", 2), ("none", 0)])
def test_other_than_one_model_is_refused_in_words(model, count):
    options = call_cost.parse_options(["--model", model, "--models-dir", str(MODELS)])
    with pytest.raises(SystemExit, match=f"must name one network, and '{model}' names {count}"):
        call_cost.load(options)

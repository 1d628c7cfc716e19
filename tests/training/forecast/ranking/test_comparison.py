"""A network beside the forecaster of any series, on the origins of the folds."""

import pytest

from tests.processes import ROOT
from training.forecast.ranking.comparison import AnySeries, answers_unasked, compare, find_any_series, remarks, verdict

SERVED = AnySeries(ROOT / "models" / "universal" / "1", is_served=True)


def compared(network, any_series=(2.0, 2.0), naive=(4.0, 4.0)):
    return compare(network, any_series, naive, "universal/1", 30)


def test_the_cards_comparison_is_that_of_the_ranking():
    """The RMSE of each step on the folds, of the same origins."""
    card = compared([1.0, 3.0])
    assert (card.model_rmse, card.any_series_rmse, card.baseline_rmse) == ([1.0, 3.0], [2.0, 2.0], [4.0, 4.0])
    assert (card.any_series, card.origins) == ("universal/1", 30)
    assert "folds" in card.measured_on


def test_a_network_answers_unasked_where_it_is_better_on_the_folds():
    """By the rounded ratios that the service compares; without an error of the baseline there is none."""
    assert answers_unasked(compared([1.0, 1.0]))
    assert not answers_unasked(compared([2.0, 2.0]))
    assert not answers_unasked(compared([1.9999999, 2.0]))
    assert not answers_unasked(compared([1.0, 1.0], naive=(0.0, 0.0)))
    assert not answers_unasked(None)


def test_the_verdict_names_both_errors():
    """It says so in words, with the reason."""
    better = verdict("a", compared([1.0, 1.0]), None, SERVED)
    assert better == (
        "'a' answers readings of its series beside 'universal' without `model`: its RMSE on the folds is 1, "
        "that of universal/1 2"
    )
    assert "'a' does not answer readings" in verdict("a", compared([3.0, 3.0]), None, SERVED)
    assert "were not compared" in verdict("a", None, None, SERVED)
    assert verdict("a", None, "too wide", SERVED).endswith("too wide")


def test_a_network_without_universal_beside_it_answers_alone():
    """A service with these models only has nothing else to answer with."""
    assert verdict("a", None, None, None).startswith("'a' answers without `model` as long as no forecaster")
    lent = AnySeries(SERVED.path, is_served=False)
    assert "its RMSE on the folds is 1" in verdict("a", compared([1.0, 1.0]), None, lent)


def test_without_universal_in_the_models_directory_the_shipped_one_is_measured(tmp_path):
    """A remark says where it is from; where there is none at all, another one does."""
    lent = find_any_series(tmp_path)
    assert lent is not None
    assert not lent.is_served
    assert "is measured beside the others" in remarks(lent, tmp_path, 14)[0]
    assert find_any_series(tmp_path, tmp_path) is None
    assert "holds no 'universal'" in remarks(None, tmp_path, 14)[0]
    served = find_any_series(ROOT / "models")
    assert served is not None
    assert served.is_served
    assert remarks(served, ROOT / "models", 14) == []
    assert "at most 64 steps" in remarks(served, ROOT / "models", 65)[0]


def test_the_version_has_a_name_and_a_method():
    """It forecasts as the service does."""
    assert SERVED.name == "universal/1"
    found = find_any_series(ROOT / "models")
    assert found is not None
    import numpy as np

    readings = 100 + 10 * np.sin(np.arange(60) * np.pi / 6)
    predicted = found.method(12)([readings], 3, (80.0,))
    assert predicted.point == pytest.approx(100 + 10 * np.sin(np.arange(60, 63) * np.pi / 6)[None], abs=5)

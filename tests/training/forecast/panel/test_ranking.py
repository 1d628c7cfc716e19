"""The ranking of a panel and the rule of its recommendation."""

import numpy as np
import pytest

from tests.predictions import without_intervals
from training.data.tables import DataError
from training.forecast.panel import ranking, reasons
from training.forecast.panel.questions import Questions
from training.forecast.panel.ranking import Measured

SERIES, STEPS = 12, 4


def part(sizes, seed=0, exact=()):
    """A part in which each forecaster errs by its size; the naive forecast is exact on some series."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(size=(SERIES, STEPS))
    noise = rng.normal(size=(SERIES, STEPS))
    predictions = {name: without_intervals(actual + size * noise) for name, size in sizes.items()}
    naive = actual + noise
    naive[list(exact)] = actual[list(exact)]
    rows = np.arange(SERIES)
    asked = Questions([np.zeros(20)] * SERIES, rows, np.full(SERIES, 4), actual)
    return Measured(asked, predictions | {"seasonal_naive": without_intervals(naive)})


def rank(first, second, **options):
    ids = [f"s{i}" for i in range(SERIES)]
    return ranking.rank(ids, np.ones(SERIES), [part(first, **options), part(second, 1, **options)], part(first, 2))


def test_the_least_error_on_the_folds_comes_first():
    made = rank({"universal": 0.5, "finetuned": 0.4}, {"universal": 0.5, "finetuned": 0.45})
    assert [row.name for row in made.rows] == ["finetuned", "universal", "seasonal_naive"]
    assert made.recommended.name == "finetuned"
    assert made.rows[0].folds_together.value == pytest.approx(0.18**0.5)
    assert made.rows[1].wins == 1.0


def test_a_network_must_be_better_than_universal_on_every_fold():
    """A gain on one fold alone may be chance: `universal` needs no training."""
    made = rank({"universal": 0.5, "finetuned": 0.3}, {"universal": 0.5, "finetuned": 0.51})
    assert made.rows[0].name == "finetuned"
    assert made.recommended.name == "universal"
    assert "not better on each of them" in reasons.reason(made)


def test_a_clear_gain_over_a_statistic_is_enough():
    made = rank({"theta": 0.5, "finetuned": 0.3}, {"theta": 0.5, "finetuned": 0.51})
    assert made.recommended.name == "finetuned"


def test_a_statistic_may_be_recommended():
    assert rank({"universal": 0.5, "ets": 0.4}, {"universal": 0.5, "ets": 0.4}).recommended.name == "ets"
    assert rank({"universal": 1.5}, {"universal": 1.5}).recommended.name == "seasonal_naive"


def test_the_mean_is_recommended_unless_another_is_a_tenth_better_or_surely_better():
    """What ranks first is partly lucky, and a mean of several is not."""
    near = rank({"universal": 0.5, "mean": 0.54}, {"universal": 0.55, "mean": 0.54})
    assert (near.rows[0].name, near.recommended.name) == ("universal", "mean")
    assert "not a tenth less" in reasons.reason(near)
    sure = rank({"universal": 0.5, "mean": 0.54}, {"universal": 0.5, "mean": 0.54})
    far = rank({"universal": 0.5, "mean": 0.7}, {"universal": 0.55, "mean": 0.54})
    assert sure.recommended.name == far.recommended.name == "universal"


def test_a_series_whose_naive_forecast_is_exact_is_not_compared():
    """No ratio is infinite; the remark says it in words."""
    made = rank({"universal": 0.5}, {"universal": 0.5}, exact=[3])
    assert made.is_compared.tolist().count(False) == 1
    assert np.isfinite(made.rows[0].folds_together.value)
    assert any("exact there and needs no model: 's3'" in line for line in reasons.remarks(made))


def test_without_any_naive_error_there_is_nothing_to_learn():
    with pytest.raises(DataError, match="every series repeats its season exactly"):
        rank({"universal": 0.5}, {"universal": 0.5}, exact=range(SERIES))


def test_series_that_another_forecaster_suits_better_are_named():
    made = rank({"universal": 0.5, "theta": 0.6}, {"universal": 0.5, "theta": 0.6})
    made.rows[1].folds[4] = 0.2
    assert "theta was at least a tenth better on the folds of 's4'" in reasons.remarks(made)


def test_a_choice_for_each_series_is_measured_on_the_test_part():
    made = rank({"universal": 0.5, "theta": 0.6}, {"universal": 0.5, "theta": 0.6})
    assert ranking.chosen_per_series(made).value == pytest.approx(made.rows[0].test_together.value)

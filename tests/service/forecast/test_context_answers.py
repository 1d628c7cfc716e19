"""Forecasts of many series from the quantiles of their rows."""

import numpy as np
import pytest

from service.forecast.bounds import Bounds
from service.forecast.context_answers import MEDIAN, IntervalRules, answers_of
from service.forecast.forecaster import PreparedSeries
from service.forecast.intervals import Calibration

RNG = np.random.default_rng(0)
STEPS, ROWS = 8, 3
RULES = IntervalRules(Calibration(np.tile(np.arange(1.0, 40.0) / 20, (STEPS, 1)).tolist()), {}, True)


def item(index, **changes):
    """A series with a season of its own."""
    readings = RNG.normal(10, 1, 40 + index)
    return PreparedSeries(readings, 6, 1, True, [], (80.0, 95.0), season_length=1 + index, **changes)


def asked(items):
    """What a network says of the series: units, items, quantiles of all rows and the medians."""
    predictions = [np.sort(RNG.normal(10, 2, (ROWS, STEPS, 9)), axis=2) for _ in items]
    return [2.0] * len(items), items, predictions, [each[0, :, MEDIAN] for each in predictions]


def answers(columns, rules=RULES):
    units, items, predictions, medians = columns
    return answers_of(units, items, predictions, medians, rules)


def test_the_answer_of_a_series_does_not_depend_on_the_others():
    """Readings that are missing, bounds and seasons differ."""
    mask = np.arange(41) % 5 > 0
    items = [item(0), item(1, observed_mask=mask), item(2, bounds=Bounds(9.5, 10.5))]
    columns = asked(items)
    together = answers(columns)
    for index, answer in enumerate(together):
        (alone,) = answers([[column[index]] for column in columns])
        assert alone.numbers() == pytest.approx(answer.numbers())
        assert (alone.skill, alone.warnings) == (answer.skill, answer.warnings)


def test_answers_are_in_the_units_of_the_readings_and_within_the_bounds():
    units, items, predictions, medians = asked([item(0, bounds=Bounds(9.5, 10.5))])
    (answer,) = answers((units, items, predictions, medians))
    assert answer.values == pytest.approx(2 * np.clip(medians[0][:6], 9.5, 10.5))
    assert all(19 <= number <= 21 for number in answer.numbers())


def test_without_an_earlier_origin_there_is_no_skill():
    units, items, predictions, medians = asked([item(0)])
    (answer,) = answers_of(units, items, [predictions[0][:1]], medians, RULES)
    assert (answer.skill, answer.warnings) == (None, [])
    assert [interval.level for interval in answer.intervals] == [80, 95]


def test_without_a_calibration_there_are_no_intervals():
    (answer,) = answers(asked([item(0)]), IntervalRules(None, {}, False))
    assert answer.intervals == []
    assert answer.skill is not None

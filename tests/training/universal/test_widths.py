"""The widths of intervals by season length: intervals multiplied with them hold what they state."""

import numpy as np
import pytest

from service.artifacts import bundle
from service.predictors import load_predictor
from tests.processes import UNIVERSAL
from training.data.sets import SeriesSet, SetSeries
from training.universal import widths


def months(name="sales", count=40, length=130):
    """Series of months with a season, a level of their own and noise."""
    rng = np.random.default_rng(0)
    wave = 10 * np.sin(np.arange(length) * np.pi / 6)
    rows = 100 + rng.normal(0, 20, (count, 1)) + wave + rng.normal(0, 3, (count, length))
    return SeriesSet(name, 12, 6, 12, [SetSeries(str(i), row) for i, row in enumerate(rows)])


def test_months_are_also_averaged_to_quarters_and_years():
    """A first quarter that is not whole is left out."""
    plain, quarters, years = widths.with_aggregates([months(length=16 * 12 + 1)])
    assert plain.season_length == 12
    assert (quarters.name, quarters.season_length, quarters.horizon) == ("sales by 3 months", 4, 8)
    readings = plain.series[0].readings
    np.testing.assert_allclose(quarters.series[0].readings[-1], readings[-3:].mean())
    assert len(quarters.series[0].readings) == 64
    assert (years.season_length, years.horizon, len(years.series[0].readings)) == (1, 6, 16)


def test_series_that_are_too_short_have_no_years():
    assert [each.season_length for each in widths.with_aggregates([months(length=130)])] == [12, 4]


def test_intervals_with_the_widths_hold_what_they_state(monkeypatch):
    """Errors over the bounds' distances have their 80 % and 95 % quantiles at 1 where widths are in the card."""
    monkeypatch.setattr(widths, "MIN_SERIES", 40)
    forecaster = load_predictor(bundle.load(UNIVERSAL, backend="onnx"))
    shipped = forecaster.card.calibration.widths["12"]
    found = widths.measure_widths(forecaster, [months()])["12"]
    assert found.measured_on == "40 series of sales"
    card = forecaster.card.calibration.model_copy(
        update={
            "widths": {
                "12": shipped.model_copy(
                    update={
                        "percent_80": shipped.percent_80 * found.percent_80,
                        "percent_95": shipped.percent_95 * found.percent_95,
                    }
                )
            }
        }
    )
    loaded = bundle.load(UNIVERSAL, backend="onnx")
    again = load_predictor(
        bundle.Bundle(loaded.card.model_copy(update={"calibration": card}), None, loaded.golden, loaded.network)
    )
    calibrated = widths.measure_widths(again, [months()])["12"]
    assert calibrated.percent_80 == pytest.approx(1, abs=0.02)
    assert calibrated.percent_95 == pytest.approx(1, abs=0.02)


def test_a_season_length_of_few_series_has_no_widths():
    forecaster = load_predictor(bundle.load(UNIVERSAL, backend="onnx"))
    assert widths.measure_widths(forecaster, [months(count=5)]) == {}

"""What all forecasters share: levels, skill by the card, and checks of a request's options."""

import math

import numpy as np
import pytest

from service.artifacts.card import IntervalCalibration, StepErrors
from service.errors import InvalidRequest, TooFewReadings, UnsupportedLevel
from service.forecast.window_forecaster import WindowForecaster
from tests import fakes
from tests.fakes import READINGS


def forecaster(**changes):
    return WindowForecaster(fakes.forecast_bundle(fakes.forecast_card(**changes)))


def calibrated(count=19, score=1.0):
    """A forecaster with so many equal calibration scores of its only step."""
    calibration = IntervalCalibration(scores=[[score] * count], unit="readings", measured_on="validation")
    return forecaster(calibration=calibration)


def test_default_levels_are_those_that_the_calibration_supports():
    """80 % needs 4 scores, 95 % needs 19."""
    assert calibrated(19).levels(None) == (80.0, 95.0)
    assert calibrated(18).levels(None) == (80.0,)
    assert forecaster().levels(None) == ()


def test_levels_are_sorted_and_named_once():
    assert calibrated().levels([95, 50, 95]) == (50, 95)


def test_each_unsupported_level_is_a_fault():
    with pytest.raises(
        UnsupportedLevel, match="calibrated on 19 errors a step, which support levels up to 95"
    ) as refusal:
        calibrated().levels([99, 80, 99.9])
    assert [fault.pointer for fault in refusal.value.faults] == ["/levels/0", "/levels/2"]


def test_without_a_calibration_no_level_is_supported():
    with pytest.raises(UnsupportedLevel, match=r"support no levels; send \[\]"):
        forecaster().levels([50])


def test_the_skill_of_the_card_pools_the_steps_up_to_those_measured():
    """The root of the mean square over steps, divided by the baseline's."""
    model = forecaster()
    assert model.skill(1)["ratio"] == 0.5
    assert model.skill(2) == model.skill(9)
    assert (model.skill(9)["ratio"], model.skill(9)["steps"]) == (round(math.sqrt((2**2 + 4**2) / 2) / 4, 4), 2)


def test_there_is_no_ratio_to_a_baseline_without_errors():
    errors = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[1.0], baseline_rmse=[0.0])
    assert forecaster(step_errors=errors).skill(1)["ratio"] is None


def test_options_that_the_model_cannot_meet_are_refused():
    with pytest.raises(InvalidRequest, match="up to 1,000 steps; 1001 were asked for"):
        forecaster().prepare(READINGS, 1001)
    with pytest.raises(TooFewReadings, match="reads a window of 5 readings; 4 were sent"):
        forecaster().prepare(READINGS[:4])


def test_intervals_that_would_have_held_too_little_are_warned_of():
    """The calibration's scores are 1, the errors on these readings are 10."""
    model = calibrated(score=1.0)
    (forecast,) = model.predict([model.prepare([50.0] * 30, levels=[80])])
    assert [warning.code for warning in forecast.warnings] == ["poor_coverage"]
    assert "would have held 0 %" in forecast.warnings[0].detail
    good = calibrated(score=20.0)
    assert good.predict([good.prepare([50.0] * 30, levels=[80])])[0].warnings == []


def test_golden_numbers_are_the_values_and_the_bounds():
    model = calibrated(score=2.0)
    (forecast,) = model.predict([model.prepare(READINGS, levels=[80])])
    np.testing.assert_allclose(forecast.numbers(), [60, 58, 62], atol=1e-3)

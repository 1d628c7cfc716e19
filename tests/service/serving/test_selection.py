"""Who forecasts: which models are eligible, and which of them is asked about a series."""

import pytest

from service.artifacts.card import ReadingLimits, StepErrors, TrainingData
from service.errors import (
    InvalidRequest,
    MissingReadings,
    TooFewReadings,
    UnknownModel,
    UnsupportedLevel,
)
from service.serving import selection
from service.serving.selection import ForecastQuery, find_eligible
from tests import fakes
from tests.fakes import READINGS
from tests.service.serving.forecasters import (
    CALIBRATION,
    DEFAULTS,
    JANUARY,
    QUERY,
    errors,
    model,
    pointers,
    with_registry,
)


def eligible_names(bundles, options):
    async def work(registry):
        eligible = find_eligible(registry, options)
        return [each.predictor.card.name for each in [*eligible.of_one_series, *eligible.any_series]]

    return with_registry(bundles, work)


def chosen(bundles, query=QUERY, options=DEFAULTS):
    """The name of the model that is asked about a series, and the codes of its warnings."""

    async def work(registry):
        prepared = find_eligible(registry, options).choose(query)
        return prepared.model.predictor.card.name, [warning.code for warning in prepared.series.warnings]

    return with_registry(bundles, work)


# ---- find_eligible


def test_models_of_one_series_come_first_and_the_more_accurate_before_the_others():
    bundles = [model("a", step_errors=errors(3.0)), fakes.universal_bundle("b"), model("c", step_errors=errors(2.0))]
    assert eligible_names(bundles, DEFAULTS) == ["c", "a", "b"]


def test_the_order_is_that_of_the_errors_up_to_the_horizon():
    near, far = model("near", step_errors=errors(1.0, 9.0)), model("far", step_errors=errors(3.0, 3.0))
    assert eligible_names([near, far], DEFAULTS) == ["near", "far"]
    assert eligible_names([near, far], DEFAULTS._replace(horizon=2)) == ["far", "near"]


def test_the_order_of_each_horizon_is_kept_and_that_of_many_is_computed_again(monkeypatch):
    """One registry answers for both horizons, in turn."""
    monkeypatch.setattr(selection, "MAX_RANKED", 1)
    near, far = model("near", step_errors=errors(1.0, 9.0)), model("far", step_errors=errors(3.0, 3.0))

    async def work(registry):
        eligible = [find_eligible(registry, DEFAULTS._replace(horizon=horizon)) for horizon in (1, 1, 2, 1)]
        return [each.of_one_series[0].predictor.card.name for each in eligible]

    assert with_registry([near, far], work) == ["near", "near", "far", "near"]


def test_a_model_without_a_ratio_comes_last():
    unmeasured = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[1.0], baseline_rmse=[0.0])
    assert eligible_names([model("a", step_errors=unmeasured), model("b")], DEFAULTS) == ["b", "a"]


def test_a_level_that_some_model_supports_is_no_error_of_the_request():
    """The model that does not support it refuses when it is asked, and the next one is asked."""
    bundles, options = [model("a"), model("b", calibration=CALIBRATION)], DEFAULTS._replace(levels=[80])
    assert eligible_names(bundles, options) == ["a", "b"]
    assert chosen(bundles, options=options) == ("b", [])


def test_a_level_that_no_model_supports_is_refused():
    with pytest.raises(UnsupportedLevel) as refusal:
        eligible_names([model("a")], DEFAULTS._replace(levels=[80]))
    assert pointers(refusal.value) == {"/levels/0"}


def test_a_version_without_a_model_is_refused():
    with pytest.raises(InvalidRequest, match="needs the `model`") as refusal:
        eligible_names([model("a")], DEFAULTS._replace(version="1"))
    assert pointers(refusal.value) == {"/model"}


def test_an_unknown_model_is_refused():
    with pytest.raises(UnknownModel):
        eligible_names([model("a")], DEFAULTS._replace(model="b"))


# ---- Eligible.choose


def test_the_named_model_is_asked():
    """Although another one is better, and there is one of any series."""
    bundles = [model("a"), model("b", step_errors=errors(9.0)), fakes.universal_bundle("any")]
    assert chosen(bundles, options=DEFAULTS._replace(model="b")) == ("b", [])


def test_a_model_of_any_series_goes_before_those_of_one():
    bundles = [model("a"), model("b", "1"), fakes.universal_bundle("any")]
    assert chosen(bundles) == ("any", [])


def test_what_the_model_of_any_series_refuses_is_refused():
    """No network of another series stands in for it."""
    bundles = [model("a", window=3), fakes.universal_bundle("any")]
    with pytest.raises(TooFewReadings, match="'any' reads a window of 4 readings; 3 were sent"):
        chosen(bundles, ForecastQuery(READINGS[:3]))


def test_without_a_model_of_any_series_the_best_of_one_is_asked():
    bundles = [model("a", step_errors=errors(3.0)), model("b", step_errors=errors(2.0))]
    assert chosen(bundles) == ("b", [])


def test_a_model_whose_window_is_not_filled_is_not_asked():
    bundles = [model("wide"), model("narrow", window=3, step_errors=errors(9.0))]
    assert chosen(bundles, ForecastQuery(READINGS[:3])) == ("narrow", [])


def test_a_model_of_an_unlike_series_is_asked_only_if_there_is_no_other():
    far_off = ReadingLimits(minimum=9000, maximum=9100, window_std_minimum=5, window_std_maximum=30)
    other = model("other", series="1", step_errors=errors(0.1), readings=far_off)
    assert chosen([model("a"), other]) == ("a", [])
    assert chosen([other]) == ("other", ["outside_training_range", "unlike_training_data"])


def test_a_model_of_another_frequency_is_asked_only_if_there_is_no_other():
    monthly = TrainingData(source="made up", sha256="1" * 64, rows=100, columns={}, frequency="MS", season=12)
    bundle = fakes.forecast_bundle(fakes.forecast_card("monthly", data=monthly))
    hourly = ForecastQuery(READINGS, JANUARY, "h")
    assert chosen([bundle], ForecastQuery(READINGS, JANUARY, "MS")) == ("monthly", [])
    assert chosen([bundle], hourly) == ("monthly", ["unlike_training_data"])
    assert chosen([bundle, fakes.universal_bundle("any")], hourly) == ("any", [])


def test_too_few_readings_for_all_models_are_refused_with_the_least_number():
    with pytest.raises(TooFewReadings, match="at least 4 readings are needed; 3 were sent") as refusal:
        chosen([model("a"), model("b", window=4)], ForecastQuery(READINGS[:3]))
    assert pointers(refusal.value) == {"/readings"}


def test_if_all_models_refuse_the_first_refusal_is_raised():
    with pytest.raises(MissingReadings, match="at most 1 can be interpolated"):
        chosen([model("a"), model("b")], ForecastQuery([1.0, None, 3.0, None, 5.0]))

"""Who forecasts: which models are eligible, which are asked about a series, and whose forecast is taken."""

import pytest

from service.artifacts.card import ReadingLimits, StepErrors, TrainingData
from service.errors import (
    InvalidRequest,
    MissingReadings,
    TooFewReadings,
    UnknownModel,
    UnsupportedLevel,
)
from service.forecast.forecaster import Forecast
from service.serving.selection import Candidate, ForecastQuery, find_eligible, select
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
        return [each.predictor.card.name for each, _ in find_eligible(registry, options).models]

    return with_registry(bundles, work)


def candidates(bundles, query=QUERY, options=DEFAULTS):
    """The names of the models that are asked about a series, with the codes of their warnings."""

    async def work(registry):
        asked = find_eligible(registry, options).candidates(query)
        return {c.model.predictor.card.name: [warning.code for warning in c.series.warnings] for c in asked}

    return with_registry(bundles, work)


# ---- find_eligible


def test_models_of_one_series_come_first_and_the_more_accurate_before_the_others():
    bundles = [model("a", step_errors=errors(3.0)), fakes.universal_bundle("b"), model("c", step_errors=errors(2.0))]
    assert eligible_names(bundles, DEFAULTS) == ["c", "a", "b"]


def test_the_order_is_that_of_the_errors_up_to_the_horizon():
    near, far = model("near", step_errors=errors(1.0, 9.0)), model("far", step_errors=errors(3.0, 3.0))
    assert eligible_names([near, far], DEFAULTS) == ["near", "far"]
    assert eligible_names([near, far], DEFAULTS._replace(horizon=2)) == ["far", "near"]


def test_a_model_without_a_ratio_comes_last():
    unmeasured = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[1.0], baseline_rmse=[0.0])
    assert eligible_names([model("a", step_errors=unmeasured), model("b")], DEFAULTS) == ["b", "a"]


def test_a_level_that_some_model_supports_is_no_error_of_the_request():
    """The model that does not support it refuses only when it is asked."""
    assert eligible_names([model("a"), model("b", calibration=CALIBRATION)], DEFAULTS._replace(levels=[80])) == [
        "a",
        "b",
    ]


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


# ---- Eligible.candidates


def test_of_the_models_of_one_series_the_best_is_asked():
    """Errors of networks on readings that they learnt from say little, so their cards decide."""
    bundles = [model("a", step_errors=errors(3.0)), model("b", step_errors=errors(2.0))]
    assert candidates(bundles) == {"b": []}


def test_one_model_of_every_series_and_that_of_any_series_are_asked():
    bundles = [
        model("a", "1"),
        model("b", "2"),
        model("c", "2", step_errors=errors(9.0)),
        fakes.universal_bundle("any"),
    ]
    assert list(candidates(bundles)) == ["a", "b", "any"]


def test_the_named_model_alone_is_asked():
    """Although another one is better."""
    bundles = [model("a"), model("b", step_errors=errors(9.0))]
    assert list(candidates(bundles, options=DEFAULTS._replace(model="b"))) == ["b"]


def test_a_model_whose_window_is_not_filled_is_not_asked():
    bundles = [model("wide"), model("narrow", window=3, step_errors=errors(9.0))]
    assert list(candidates(bundles, ForecastQuery(READINGS[:3]))) == ["narrow"]


def test_a_model_of_an_unlike_series_is_asked_only_if_there_is_no_other():
    far_off = ReadingLimits(minimum=9000, maximum=9100, window_std_minimum=5, window_std_maximum=30)
    other = model("other", series="1", step_errors=errors(0.1), readings=far_off)
    assert candidates([model("a"), other]) == {"a": []}
    assert candidates([other]) == {"other": ["outside_training_range", "unlike_training_data"]}


def test_a_model_of_another_frequency_is_asked_only_if_there_is_no_other():
    monthly = TrainingData(source="made up", sha256="1" * 64, rows=100, columns={}, frequency="MS", season=12)
    bundle = fakes.forecast_bundle(fakes.forecast_card("monthly", data=monthly))
    hourly = ForecastQuery(READINGS, JANUARY, "h")
    assert candidates([bundle], ForecastQuery(READINGS, JANUARY, "MS")) == {"monthly": []}
    assert candidates([bundle], hourly) == {"monthly": ["unlike_training_data"]}
    assert list(candidates([bundle, fakes.universal_bundle("any")], hourly)) == ["any"]


def test_too_few_readings_for_all_models_are_refused_with_the_least_number():
    with pytest.raises(TooFewReadings, match="at least 4 readings are needed; 3 were sent") as refusal:
        candidates([model("a"), fakes.universal_bundle()], ForecastQuery(READINGS[:3]))
    assert pointers(refusal.value) == {"/readings"}


def test_if_all_models_refuse_the_first_refusal_is_raised():
    with pytest.raises(MissingReadings, match="at most 1 can be interpolated"):
        candidates([model("a"), model("b")], ForecastQuery([1.0, None, 3.0, None, 5.0]))


# ---- select


def select_by_ratios(*ratios, optimism=1.0):
    """The selected index; `optimism` is that of the first model."""

    async def work(registry):
        series = [each.predictor.prepare(READINGS) for each in registry]
        measured = [Candidate(each, item) for each, item in zip(registry, series, strict=True)]
        forecasts = [Forecast([0.0], [], None if ratio == "unmeasured" else {"ratio": ratio}, []) for ratio in ratios]
        return select(measured, forecasts)

    bundles = [model("a", optimism=optimism), *(model(name) for name in "bc"[: len(ratios) - 1])]
    return with_registry(bundles, work)


def test_the_least_error_on_the_readings_is_selected():
    assert select_by_ratios(0.9, 0.7, 0.8) == 1


def test_of_equal_errors_the_first_is_selected():
    assert select_by_ratios(0.7, 0.7) == 0


def test_the_error_of_a_network_that_learnt_the_readings_is_multiplied_by_its_optimism():
    assert select_by_ratios(0.7, 0.8, optimism=1.0) == 0
    assert select_by_ratios(0.7, 0.8, optimism=1.2) == 1


@pytest.mark.parametrize("ratio", ["unmeasured", None])
def test_the_first_is_selected_if_some_error_could_not_be_measured(ratio):
    assert select_by_ratios(0.9, ratio) == 0
    assert select_by_ratios(ratio, 0.1) == 0

"""What cannot be done is refused in words, at once and without another try."""

import logging

import numpy as np
import pytest
from nixtla import ApiError, NixtlaClient

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


@pytest.fixture
def refused(client, caplog):
    """A function that calls a method of the client, and returns the status and the words of its refusal."""

    def call(method, *args, **options):
        with caplog.at_level(logging.ERROR), pytest.raises(ApiError) as caught:
            getattr(client, method)(*args, **options)
        assert not [record for record in caplog.records if "Attempt" in record.message], "the client tried again"
        return caught.value.status_code, caught.value.body["detail"]

    return call


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"finetune_steps": 10}, "/finetune_steps cannot be done in a request: train a version"),
        ({"finetuned_model_id": "mine"}, "/finetuned_model_id cannot be done"),
        ({"multivariate": True}, "/multivariate cannot be done: each series is read alone"),
        ({"feature_contributions": True}, "cannot be given: there are no exogenous features"),
        ({"date_features": True}, "/series/X cannot be used: the networks read a series alone. Leave out X_df"),
        ({"model_parameters": {"temperature": 1}}, "/model_parameters cannot be used"),
        ({"h": 1001}, "/h must be a whole number from 1 to 1,000"),
        ({"level": [100]}, "/level/0 must be a number from 0 to less than 100"),
        ({"level": [-1]}, "/level/0 must be a number from 0 to less than 100"),
        ({"level": [99.9]}, "support levels up to 99"),
    ],
)
def test_what_forecast_cannot_do_is_refused(refused, one, options, words):
    """Each option by its own words, which say what would be right."""
    status, detail = refused("forecast", one, **({"h": 3, "freq": "MS"} | options))
    assert status == 422
    assert words in detail


def test_exogenous_features_are_refused(refused, one):
    """Past and future ones."""
    frame = one.assign(price=1.0)
    future = frame.tail(2).assign(
        ds=[each + (frame["ds"].iloc[12] - frame["ds"].iloc[0]) for each in frame["ds"].tail(2)]
    )
    del future["y"]
    for options in ({"hist_exog_list": ["price"]}, {"hist_exog_list": ["price"], "add_history": True}):
        assert "cannot be used" in refused("forecast", frame, h=2, freq="MS", **options)[1]
    assert "cannot be used" in refused("cross_validation", frame, h=2, freq="MS", hist_exog_list=["price"])[1]


def test_an_unknown_model_names_those_there_are(refused, one):
    """It is not found, whichever method asks."""
    status, detail = refused("forecast", one, h=3, freq="MS", model="gpt")
    assert status == 404
    assert "'universal'" in detail
    assert refused("forecast", one, h=3, freq="MS", model="sentiment")[0] == 404
    assert refused("detect_anomalies_online", one, h=1, detection_size=3, freq="MS", model="gpt")[0] == 404


def test_a_bad_series_is_named(refused, panel):
    """By its number in the order of ids, and what is wrong with it."""
    frame = panel(3, 40)
    frame.loc[frame["ds"] == frame["ds"].max(), "y"] = np.array([1.0, 2.0, np.nan])
    status, detail = refused("forecast", frame, h=3, freq="MS")
    assert status == 422
    assert detail.startswith("series 2 of 3, counted from 0 in the order of their ids: ")
    short = panel(2, 40).iloc[:42]
    status, detail = refused("forecast", short, h=3, freq="MS")
    assert (status, "series 1 of 2" in detail) == (422, True)


def test_windows_that_do_not_fit_are_refused(refused, panel):
    """With how many readings they take, and how many there are."""
    status, detail = refused("cross_validation", panel(2, 40), h=12, n_windows=4, freq="MS")
    assert status == 422
    assert "4 windows of 12 steps, 12 readings apart, take the last 48 readings" in detail
    status, detail = refused("cross_validation", panel(2, 15), h=12, n_windows=1, freq="MS")
    assert (status, detail.startswith("series 0 of 2")) == (422, True)


def test_what_anomalies_cannot_do_is_refused(refused, panel):
    """Several series together, another model, too few readings, levels that no score can have."""
    frame = panel(2, 40)
    options = {"h": 1, "detection_size": 6, "freq": "MS"}
    assert (
        "must be 'univariate'"
        in refused("detect_anomalies_online", frame, **options, threshold_method="multivariate")[1]
    )
    assert (
        "judged by the forecaster of any series" in refused("detect_anomalies_online", frame, **options, model="gru")[1]
    )
    assert (
        "the last 28 can be judged; 30 were asked for"
        in refused("detect_anomalies_online", frame, **options | {"detection_size": 30})[1]
    )
    assert "at most 99.99" in refused("detect_anomalies_online", frame, **options, level=100)[1]
    assert "at least 13 are needed" in refused("detect_anomalies", panel(2, 10), freq="MS")[1]


def test_more_than_a_request_can_do_is_refused(refused, panel):
    """With the client's own way to ask for less."""
    assert "num_partitions" in refused("forecast", panel(300, 30), h=1000, freq="MS", level=list(range(1, 90)))[1]
    assert (
        "one request may have 30,000"
        in refused("cross_validation", panel(30, 2010, "h"), h=1, n_windows=2000, step_size=1, freq="h")[1]
    )


def test_what_is_not_offered_says_why(refused, client, one):
    """Fine-tuning, paths, explanations and jobs are not found, in words of their own."""
    assert "not fine-tuned" in refused("finetune", one, freq="MS")[1]
    assert "not fine-tuned" in refused("finetuned_model", "mine")[1]
    assert "not simulated" in refused("simulate", one, h=3, n_paths=2, freq="MS")[1]
    assert "read a series alone" in refused("explain", one.assign(x=1.0), freq="MS")[1]
    for job in (client.jobs.forecast, client.jobs.cross_validation):
        with pytest.raises(ApiError) as caught:
            job(one, h=3, freq="MS")
        assert "answer at once" in caught.value.body["detail"]


def test_further_columns_are_named_as_what_to_leave_out(refused, one):
    """All methods but forecast send them without being told to."""
    for method, options in (("cross_validation", {"h": 3}), ("detect_anomalies", {})):
        assert "columns of df but those of the id" in refused(method, one.assign(price=1.0), freq="MS", **options)[1]


def test_an_address_without_the_prefix_is_told_where_to_ask(service_url, one):
    """By what the client asks first."""
    lost = NixtlaClient(base_url=service_url, api_key="any", max_retries=1)
    with pytest.raises(ApiError) as caught:
        lost.forecast(one, h=3, freq="MS")
    assert caught.value.status_code == 404
    assert "ends with /nixtla here" in caught.value.body["detail"]

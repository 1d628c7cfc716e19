"""What the Nixtla client is refused, and hostile bodies: always in words, never as a defect."""

import json

import pytest

from service.forecast.seasons.seasonality import season_of_frequency
from service.http.adapters.nixtla import panel
from service.http.adapters.nixtla.schemas import NixtlaForecastRequest
from tests.service.http.adapters.nixtla_requests import (
    anomalies,
    body,
    bundles,
    cross_validation,
    forecast,
    online,
    waves,
)


@pytest.fixture
def served(serve):
    return serve(bundles())


def refusal(reply, status=422):
    """The words of a refusal, and where its first fault is."""
    problem = reply.json()
    assert (reply.status_code, problem["status"]) == (status, status), problem
    assert reply.headers["content-type"] == "application/problem+json"
    return problem["detail"], problem["errors"][0]["pointer"] if problem["errors"] else None


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"finetune_steps": 1}, "/finetune_steps"),
        ({"finetuned_model_id": "x"}, "/finetuned_model_id"),
        ({"multivariate": True}, "/multivariate"),
        ({"model_parameters": {"a": 1}}, "/model_parameters"),
        ({"feature_contributions_type": "shapley"}, "/feature_contributions_type"),
        ({"hist_exog": [0]}, "/hist_exog"),
        ({"level": [100]}, "/level/0"),
        ({"level": [-1]}, "/level/0"),
        ({"level": [True]}, "/level/0"),
        ({"level": ["80"]}, "/level/0"),
        ({"level": 80}, "/level"),
        ({"level": [1] * 201}, "/level"),
        ({"h": 0}, "/h"),
        ({"h": 1001}, "/h"),
        ({"h": 1e300}, "/h"),
        ({"h": True}, "/h"),
        ({"h": None}, "/h"),
        ({"model": 3}, "/model"),
        ({"freq": ""}, "/freq"),
        ({"freq": "x" * 1000}, "/freq"),
        ({"freq": "zzz"}, "/freq"),
        ({"freq": "7"}, "/freq"),
        ({"freq": "-1D"}, "/freq"),
        ({"freq": "CC"}, "/freq"),
        ({"freq": "<"}, "/freq"),
        ({"level": [-1] * 90_000}, "/level"),
        ({"horizon": 3}, "/horizon"),
        ({"series": None}, "/series"),
        ({"series": []}, "/series"),
        ({"series": {}}, "/series/y"),
        ({"series": {"y": [], "sizes": []}}, "/series/sizes"),
        ({"series": {"y": [1, 2], "sizes": [3]}}, "/series"),
        ({"series": {"y": [1, 2], "sizes": [-1, 3]}}, "/series/sizes/0"),
        ({"series": {"y": [1, 2], "sizes": [0, 2]}}, "/series/sizes/0"),
        ({"series": {"y": [1, 2], "sizes": [1.5, 0.5]}}, "/series/sizes/0"),
        ({"series": {"y": [1, 2], "sizes": [2_000_000_000]}}, "/series/sizes/0"),
        ({"series": {"y": [1, True], "sizes": [2]}}, "/series/y"),
        ({"series": {"y": [1, "2"], "sizes": [2]}}, "/series/y"),
        ({"series": {"y": [[1], 2], "sizes": [2]}}, "/series/y"),
        ({"series": {"y": {"a": 1}, "sizes": [2]}}, "/series/y"),
        ({"series": {"y": [1, 2], "sizes": [2], "X": [[1, 2]]}}, "/series/X"),
        ({"series": {"y": [1, 2], "sizes": [2], "X_future": []}}, "/series/X_future"),
        ({"series": {"y": [1, 2], "sizes": [2], "categorical_exog": [0]}}, "/series/categorical_exog"),
        ({"series": {"y": [1, 2], "sizes": [2], "Z": 1}}, "/series/Z"),
        ({"series": {"y": [1, 2], "sizes": [2], "start_datetime": [1]}}, "/series/start_datetime/0"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("padding", ["", " " * 20_000], ids=["small", "in pieces"])
def test_a_bad_field_is_refused_with_its_place(served, changes, pointer, padding):
    """Whether the body is parsed at once or in pieces."""
    text = json.dumps(body(waves(1), **changes)) + padding
    reply = served.post("/nixtla/v2/forecast", content=text, headers={"Content-Type": "application/json"})
    _, found = refusal(reply)
    assert found.startswith(pointer)


@pytest.mark.parametrize("padding", ["", " " * 20_000], ids=["small", "in pieces"])
@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ('{"series": {"y": [1, NaN]}}', 400, "null marks a missing reading"),
        ('{"series": {"y": [1, 2', 400, "ends too early"),
        ('{"series": {"y": [1,,2]}}', 400, "a value must stand here"),
        ('{"series": {"y": ' + "[" * 5000, 400, ""),
        ('{"series": ' + '{"y":' * 5000, 400, ""),
        ("[]", 422, "must be an object"),
        ("null", 422, "must be an object"),
        ("", 400, "is empty"),
    ],
)
def test_what_is_no_request_is_refused(served, text, status, words, padding):
    reply = served.post("/nixtla/v2/forecast", content=text + padding, headers={"Content-Type": "application/json"})
    assert reply.status_code in (status, 422)
    assert words in reply.json()["detail"] or padding


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"n_windows": 0}, "/n_windows"),
        ({"n_windows": 10**9}, "/n_windows"),
        ({"step_size": 0}, "/step_size"),
        ({"step_size": 10**9}, "/step_size"),
        ({"refit": None}, "/refit"),
        ({"full_history": 1}, "/full_history"),
        ({"n_windows": 20}, "/n_windows"),
    ],
)
def test_bad_windows_are_refused(served, changes, pointer):
    assert refusal(cross_validation(served, waves(2), **changes))[1] == pointer


def test_a_bad_series_refuses_all_and_is_named(served):
    """With the index of its reading among those of all series, and its number from 0."""
    series = waves(3, 20)
    series[1][0] = None
    detail, pointer = refusal(forecast(served, series))
    assert detail.startswith("series 1 of 3, counted from 0 in the order of their ids: ")
    assert pointer == "/series/y/20"
    detail, pointer = refusal(forecast(served, [waves(1)[0], [1.0, 2.0]]))
    assert detail.startswith("series 1 of 2")
    assert pointer == "/series/sizes/1"


def test_a_fault_of_a_long_series_is_at_its_place(served):
    """Although its oldest readings are left out, and whatever is missing."""
    long = [float(t % 7) for t in range(20_000)]
    assert refusal(forecast(served, [waves(1)[0], [*long, None]]))[1] == "/series/y/20040"
    gap = [*long[:9_998], None, None, None, *long[:9_999], None]
    assert refusal(forecast(served, [gap]))[1] == "/series/y/20000"
    large = [1e200 * (1 + value) for value in long]
    assert refusal(forecast(served, [large]))[1] == "/series/y/17952"
    assert refusal(cross_validation(served, [[*large[:-4], None, 1.0, 2.0, 3.0]]))[1] == "/series/y/17948"


def test_too_long_a_gap_among_judged_readings_is_refused_in_true_words(served):
    """With the place of one of the missing readings, whichever route asks."""
    readings = [*waves(1, 60)[0], *[None] * 2_100, *waves(1, 60)[0]]
    for reply in (
        anomalies(served, [waves(1, 80)[0], readings]),
        online(served, [waves(1, 80)[0], readings], detection_size=55),
    ):
        detail, pointer = refusal(reply)
        assert detail.startswith(
            "series 1 of 2, counted from 0 in the order of their ids: so many readings are missing"
        )
        assert readings[int(pointer.removeprefix("/series/y/")) - 80] is None


def test_the_frequencies_of_the_client_are_read(served):
    """Those of pandas, those of polars as the client sends them, and none of what tells no season."""
    for freq in ("D", "B", "W-SUN", "MS", "ME", "QS", "YE", "2MS", "30s", "1d", "1h", "1w", "1q", "1y", "15m", "15min"):
        assert forecast(served, waves(1), freq=freq).status_code == 200
    dated = body(waves(1), freq="MS")
    dated["series"]["start_datetime"] = ["2020-01-01"]
    assert served.post("/nixtla/v2/forecast", json=dated).status_code == 200


@pytest.mark.parametrize(
    ("freq", "same"),
    [("C", "B"), ("2C", "2B"), ("CBMS", "MS"), ("CBME", "ME"), ("CBM", "ME"), ("bh", None), ("2cbh", None), ("BH", None),
     ("<DateOffset: months=1>", None), ("<Easter>", None)],
)  # fmt: skip
def test_calendars_that_only_the_client_knows_are_read_for_their_season(freq, same):
    """The client makes the dates; business hours and nameless offsets tell no season, which is then found."""
    dated = body(waves(1), freq=freq)
    dated["series"]["start_datetime"] = ["2020-01-01"]
    read = panel.frequency_of(NixtlaForecastRequest.model_validate(dated))
    assert same is None if read is None else season_of_frequency(read) == season_of_frequency(same)


@pytest.mark.parametrize("name", ["sizes", "start_datetime"])
def test_of_a_long_list_of_bad_items_the_first_is_named(served, name):
    """To look for the others takes long."""
    sent = body([[1.0] * 20_000])
    sent["series"] |= {"sizes": [1] * 20_000, name: [0] * 20_000}
    problem = served.post("/nixtla/v2/forecast", json=sent).json()
    assert [fault["pointer"] for fault in problem["errors"]] == [f"/series/{name}/0"]


def test_a_bad_window_is_named_by_its_series(served):
    """The readings before the first window are too few."""
    detail, pointer = refusal(cross_validation(served, [waves(1)[0], waves(1)[0][:5]], n_windows=1))
    assert detail.startswith("series 1 of 2")
    assert pointer == "/series/sizes/1"


def test_levels_that_no_model_supports_are_refused_by_their_own_name(served):
    """The fakes have no calibration."""
    assert refusal(forecast(served, waves(1), level=[80]))[1] == "/level"


def test_models_are_found_by_name(served):
    """Any name of the product is the default choice; another must be that of a forecaster."""
    for name in ("timegpt-1", "timegpt-2.1", "timegpt-1-long-horizon", "timegpt", "any", "gru"):
        assert forecast(served, waves(1), model=name).status_code == 200
    for name in ("nothing", "sentiment", "timegpt3"):
        for reply in (forecast(served, waves(1), model=name), online(served, waves(1), model=name)):
            assert "loaded are 'any', 'gru', 'simple_rnn'" in refusal(reply, 404)[0]
        refusal(served.get(f"/nixtla/model_params?model={name}"), 404)


def test_anomalies_are_refused_what_they_cannot_do(served):
    """Another judge, several series together, levels and sizes without sense, too few readings."""
    series = waves(2)
    assert refusal(online(served, series, model="gru"))[1] == "/model"
    assert refusal(online(served, series, model="nothing"), 404)
    assert refusal(online(served, series, threshold_method="multivariate"))[1] == "/threshold_method"
    for level in (0, 100, -1, True, "99", [99]):
        assert refusal(online(served, series, level=level))[1] == "/level"
    assert refusal(online(served, series, detection_size=0))[1] == "/detection_size"
    assert refusal(online(served, series, detection_size=29))[1] == "/detection_size"
    assert refusal(anomalies(served, [waves(1)[0], [1.0] * 12]))[1] == "/series/sizes/1"


def test_more_than_a_request_can_do_is_refused(served, monkeypatch):
    """Forecasts, steps, numbers of the reply, judged readings; the words name the client's own remedy."""
    series = waves(3)
    for name, call, changes in (
        ("MAX_FORECASTS", cross_validation, {"n_windows": 4}),
        ("MAX_STEPS", forecast, {"h": 4}),
        ("MAX_REPLY", forecast, {"h": 2, "level": [0]}),
        ("MAX_JUDGED", online, {"detection_size": 4}),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(panel, name, 11)
            reply = call(served, series, **changes)
        assert reply.json()["type"] == "/problems/too-many-at-once"
        assert "num_partitions" in refusal(reply)[0]


def test_too_many_series_are_refused_before_they_are_read(served):
    """However small they are."""
    sent = body([[1.0]])
    sent["series"]["sizes"] = [1] * 60_000
    assert "at most 50,000 items" in refusal(served.post("/nixtla/v2/forecast", json=sent))[0]


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "v2/finetune", "not fine-tuned"),
        ("GET", "v2/finetuned_models/mine", "not fine-tuned"),
        ("DELETE", "v2/finetuned_models/mine", "not fine-tuned"),
        ("POST", "v2/simulate", "not simulated"),
        ("POST", "v2/explain", "read a series alone"),
        ("POST", "v2/simulate/async", "not simulated"),
        ("POST", "v2/explain/async", "read a series alone"),
        ("POST", "v2/finetune/async", "not fine-tuned"),
        ("GET", "v2/finetuned_models/mine/or yours", "not fine-tuned"),
        ("POST", "v2/forecast/async", "answer at once"),
        ("GET", "v2/forecast/jobs/3/result", "answer at once"),
        ("POST", "v2/async/jobs/3/cancel", "answer at once"),
        ("POST", "v2/elsewhere", "no such path"),
        ("GET", "", "no such path"),
    ],
)
def test_what_is_not_offered_says_why(served, method, path, words):
    """The client shows these words, and does not try again."""
    detail, _ = refusal(served.request(method, f"/nixtla/{path}"), 404)
    assert words in detail


def test_a_base_url_without_the_prefix_is_told_where_to_ask(served):
    """By the first paths that the client asks for."""
    for path in ("/model_params?model=timegpt-2.1&freq=MS", "/validate_api_key"):
        assert "ends with /nixtla here" in refusal(served.get(path), 404)[0]


def test_another_method_than_that_of_a_path_is_refused(served):
    """As on our own paths."""
    for method, path in (("GET", "v2/forecast"), ("POST", "usage"), ("DELETE", "v2/finetuned_models")):
        refusal(served.request(method, f"/nixtla/{path}"), 405)


def test_a_key_is_asked_for_where_there_are_keys(serve, tmp_path):
    """The client sends its key as a bearer; a wrong one is refused in words that it shows."""
    file = tmp_path / "keys.json"
    file.write_text('{"keys": []}')
    client = serve(bundles(), api_keys_file=file)
    reply = client.get("/nixtla/validate_api_key", headers={"Authorization": "Bearer any"})
    assert reply.status_code == 401
    assert "not known" in reply.json()["detail"]

"""POST /forecast and /forecast/batch over HTTP, with fake networks."""

import asyncio
import json
import math

import pytest

from service.artifacts.card import LearntSeries, ReadingLimits, StepErrors, TrainingData
from service.http.request import RequestContext
from service.http.routes import common, forecast
from service.http.schemas import ForecastBatchRequest
from tests import fakes
from tests.clock import Clock
from tests.fakes import READINGS, Gate
from tests.service.serving.forecasters import with_registry
from tests.service.serving.rounds import most_pieces_in_a_round, note_calls


def post(client, **body):
    return client.post("/forecast", json={"readings": READINGS} | body)


def test_forecast_has_every_field_of_the_contract(client):
    """The response names the model, its newest version, the forecast, and the skill of the model."""
    reply = post(client)
    assert reply.status_code == 200
    assert reply.json() == {
        "model": "gru",
        "version": "2",
        "horizon": 1,
        "season": 1,
        "forecast": [pytest.approx(60, abs=1e-4)],
        "timestamps": None,
        "intervals": [],
        "skill": {
            "baseline": "seasonal_naive",
            "metric": "rmse",
            "ratio": 0.5,
            "steps": 1,
            "measured_on": "card",
            "origins": None,
        },
        "selection": {
            "rule": "no_forecaster_of_any_series",
            "series": None,
            "candidates": [{"model": "gru", "version": "2", "ratio": None, "refused": None}],
        },
        "warnings": [],
    }


def test_forecast_beyond_the_steps_of_a_model_has_a_warning(client):
    """A model of one step forecasts a longer horizon from its own predictions."""
    reply = post(client, horizon=3).json()
    assert reply["forecast"] == pytest.approx([60, 70, 80], abs=1e-3)
    assert [w["code"] for w in reply["warnings"]] == ["recursive_horizon"]
    assert "not measured" in reply["warnings"][0]["detail"]


def test_forecast_skill_pools_the_steps_asked_for(client):
    """skill.ratio is the pooled RMSE over the baseline's, for as many steps as were measured."""
    expected = round(math.sqrt((2**2 + 4**2) / 2) / 4, 4)
    assert post(client, horizon=5).json()["skill"] == {
        "baseline": "seasonal_naive",
        "metric": "rmse",
        "ratio": expected,
        "steps": 2,
        "measured_on": "card",
        "origins": None,
    }


def test_forecast_dates_its_steps(client):
    """With start and frequency the response has the timestamps that follow the readings."""
    reply = post(client, horizon=2, start="2016-02-01", frequency="MS").json()
    assert reply["timestamps"] == ["2016-07-01T00:00:00", "2016-08-01T00:00:00"]


@pytest.mark.parametrize(
    ("start", "frequency", "first"),
    [
        ("2016-02", "MS", "2016-07-01T00:00:00"),
        ("2016-02", "M", "2016-07-01T00:00:00"),
        ("2016-02-29", "M", "2016-07-31T00:00:00"),
        ("2016-02", "P1M", "2016-07-01T00:00:00"),
        ("2016", "A", "2021-01-01T00:00:00"),
        ("2016-W05", "P1W", "2016-03-07T00:00:00"),
        ("2016-02-01T00:00Z", "H", "2016-02-01T05:00:00+00:00"),
    ],
)
def test_forecast_understands_months_older_names_and_periods(client, start, frequency, first):
    assert post(client, start=start, frequency=frequency).json()["timestamps"] == [first]


def test_forecast_interpolates_a_missing_reading_with_a_warning(client):
    reply = post(client, readings=[10, 20, None, 40, 50]).json()
    assert reply["forecast"] == pytest.approx([60], abs=1e-3)
    assert reply["warnings"] == [
        {"code": "missing_readings", "detail": "1 of the 5 readings used was missing and interpolated (index 2)"}
    ]


def test_forecast_uses_the_named_model_and_version(client):
    """Without a version, the newest of the model."""
    reply = post(client, model="gru", version="1").json()
    assert (reply["model"], reply["version"]) == ("gru", "1")
    assert post(client, model="simple_rnn").json()["model"] == "simple_rnn"


def test_forecast_uses_a_model_whose_window_is_filled(client):
    """Without a name, the most accurate model for which there are enough readings."""
    assert post(client, readings=[10, 20, 30]).json()["model"] == "simple_rnn"


def test_a_whole_number_may_be_written_with_a_point(client):
    """JSON knows one kind of numbers: 3.0 is an integer for JSON Schema."""
    assert post(client, horizon=3.0).json()["horizon"] == 3


def test_forecast_uses_the_model_that_is_best_at_the_horizon(serve):
    """One model may be best at one step, and another at many."""
    near = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[1, 9], baseline_rmse=[4, 4])
    far = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[3, 3], baseline_rmse=[4, 4])
    client = serve(
        [
            fakes.forecast_bundle(fakes.forecast_card("near", step_errors=near)),
            fakes.forecast_bundle(fakes.forecast_card("far", step_errors=far)),
        ]
    )
    assert post(client).json()["model"] == "near"
    assert post(client, horizon=2).json()["model"] == "far"


MONTHLY = TrainingData(source="made up", sha256="1" * 64, rows=100, columns={}, frequency="MS", season=12)


MONTHS = [50 + 10 * math.sin(i * i) for i in range(40)]


def wave(season, count=36):
    return [50 + 10 * math.sin(2 * math.pi * i / season) for i in range(count)]


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"readings": MONTHS}, "gru"),
        ({"readings": MONTHS, "start": "2016-01-31", "frequency": "ME"}, "gru"),
        ({"readings": MONTHS, "start": "2016-01-01", "frequency": "h"}, "any"),
        ({"readings": [2 * reading for reading in MONTHS]}, "any"),
        ({"readings": MONTHS[:30]}, "any"),
        ({"readings": wave(12)}, "any"),
        ({"readings": wave(12), "model": "gru"}, "gru"),
    ],
)
def test_forecast_uses_a_network_of_one_series_only_for_readings_that_continue_it(serve, body, model):
    """Readings of its level and spread, but of another frequency or shape, go to the network of any series."""
    learnt = LearntSeries(last_readings=MONTHS)
    card = fakes.forecast_card("gru", data=MONTHLY, window=36, learnt_series=learnt, comparison=fakes.comparison(0.9))
    client = serve([fakes.forecast_bundle(card, answer=55, readings=wave(12)), fakes.universal_bundle()])
    reply = post(client, **body).json()
    assert reply["model"] == model
    assert (reply["selection"] is None) == ("model" in body)


def test_forecast_warns_if_only_a_network_of_another_frequency_is_loaded(serve):
    client = serve([fakes.forecast_bundle(fakes.forecast_card("gru", data=MONTHLY))])
    reply = post(client, start="2016-01-01", frequency="h").json()
    assert (reply["model"], [w["code"] for w in reply["warnings"]]) == ("gru", ["unlike_training_data"])


def test_forecast_warns_of_readings_outside_the_training_range(client):
    reply = post(client, readings=[60, 80, 90, 95, 120]).json()
    assert [w["code"] for w in reply["warnings"]] == ["outside_training_range"]


@pytest.mark.parametrize("readings", [[5000, 5020, 5040, 5060, 5080], [50, 50, 50, 50, 50]])
def test_forecast_warns_of_readings_unlike_the_training_data(client, readings):
    """Their level or their spread is not that of any training window."""
    assert "unlike_training_data" in [w["code"] for w in post(client, readings=readings).json()["warnings"]]


def test_forecast_accepts_an_empty_list_of_levels(client):
    assert post(client, levels=[]).json()["intervals"] == []


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({"readings": []}, "invalid-request", "/readings"),
        ({"readings": [1.0] * 10_001}, "invalid-request", "/readings"),
        ({"readings": [1, "2", 3]}, "invalid-request", "/readings/1"),
        ({"readings": [1, True, 3]}, "invalid-request", "/readings/1"),
        ({"readings": [1, 2]}, "too-few-readings", "/readings"),
        ({"readings": READINGS[:4], "model": "gru"}, "too-few-readings", "/readings"),
        ({"readings": [None, 2, 3, 4, 5]}, "missing-readings", "/readings/0"),
        ({"readings": [1, 2, 3, 4, None]}, "missing-readings", "/readings/4"),
        ({"readings": [1, None, 3, None, 5]}, "missing-readings", "/readings/1"),
        ({"readings": [1, 2, 3, 1e100, 5]}, "readings-too-large", "/readings/3"),
        ({"horizon": 0}, "invalid-request", "/horizon"),
        ({"horizon": 1001}, "invalid-request", "/horizon"),
        ({"season": 0}, "invalid-request", "/season"),
        ({"season": 10_001}, "invalid-request", "/season"),
        ({"minimum": 5, "maximum": 5}, "unusable-bounds", "/minimum"),
        ({"minimum": 15}, "unusable-bounds", "/readings/0"),
        ({"maximum": 45}, "unusable-bounds", "/readings/4"),
        ({"horizon": 2.5}, "invalid-request", "/horizon"),
        ({"levels": [80]}, "unsupported-level", "/levels/0"),
        ({"levels": [100]}, "invalid-request", "/levels/0"),
        ({"levels": [1, 2, 3, 4, 5, 6]}, "invalid-request", "/levels"),
        ({"start": "2016-02-01"}, "invalid-request", "/frequency"),
        ({"frequency": "MS"}, "invalid-request", "/start"),
        ({"start": 0, "frequency": "MS"}, "invalid-request", "/start"),
        ({"start": "1456790400", "frequency": "MS"}, "invalid-request", "/start"),
        ({"start": "2016-02-30", "frequency": "MS"}, "invalid-request", "/start"),
        ({"start": "2016-02-02", "frequency": "MS"}, "unusable-frequency", "/start"),
        ({"start": "2016-02-01", "frequency": "monthly"}, "unusable-frequency", "/frequency"),
        ({"start": "2016-02-01", "frequency": "-1D"}, "unusable-frequency", "/frequency"),
        ({"start": "9999-12-31", "frequency": "D"}, "unusable-frequency", "/frequency"),
        ({"version": "1"}, "invalid-request", "/model"),
        ({"horizons": 3}, "invalid-request", "/horizons"),
    ],
)
def test_forecast_refuses_a_bad_request_with_a_pointer_to_the_fault(client, body, slug, pointer):
    """Each kind of bad request is a 422 that points at what is wrong."""
    reply = post(client, **body)
    problem = reply.json()
    assert (reply.status_code, problem["status"]) == (422, 422)
    assert problem["type"] == f"/problems/{slug}"
    assert pointer in [fault["pointer"] for fault in problem["errors"]]


def test_forecast_lists_all_faults_at_once(client):
    reply = post(client, readings=[1], levels=[80], minimum=5, start="2016-02-02", frequency="MS")
    assert reply.status_code == 422
    assert {fault["pointer"] for fault in reply.json()["errors"]} == {"/levels/0", "/readings/0", "/readings", "/start"}
    both = post(client, readings=[None, 2, 3, 4, 5], start="2016-02-02", frequency="MS")
    assert {fault["pointer"] for fault in both.json()["errors"]} == {"/readings/0", "/start"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_forecast_refuses_numbers_that_are_not_finite(client, number):
    reply = client.post(
        "/forecast",
        content=f'{{"readings": [1, 2, {number}, 4, 5]}}',
        headers={"content-type": "application/json"},
    )
    assert reply.status_code in (400, 422)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "lstm99"},
        {"model": "GRU!"},
        {"model": "sentiment"},
        {"model": "gru", "version": "9"},
        {"model": "gru", "version": "one"},
    ],
)
def test_forecast_of_an_unknown_model_is_a_404_that_lists_the_loaded_ones(client, body):
    reply = post(client, **body)
    assert reply.status_code == 404
    assert "'" in reply.json()["detail"]


def test_batch_keeps_the_order_and_answers_beside_a_bad_series(client):
    """A bad series gets its own error; the others are answered, in their order."""
    series = [
        {"id": "a", "readings": READINGS},
        {"id": "b", "readings": [1]},
        {"id": "c", "readings": [20, 30, 40, 50, 60]},
    ]
    reply = client.post("/forecast/batch", json={"series": series})
    first, second, third = reply.json()["results"]
    assert reply.status_code == 200
    assert (first["id"], first["forecast"]) == ("a", pytest.approx([60], abs=1e-3))
    assert (third["id"], third["forecast"]) == ("c", pytest.approx([70], abs=1e-3))
    assert (second["id"], second["error"]["status"]) == ("b", 422)
    assert second["error"]["errors"][0]["pointer"] == "/series/1/readings"


def test_batch_of_a_thousand_is_answered(client):
    """As many series as the contract allows are answered, although the queue holds fewer."""
    series = [{"id": str(i), "readings": [v + i / 100 for v in READINGS]} for i in range(1000)]
    results = client.post("/forecast/batch", json={"series": series}).json()["results"]
    assert [r["id"] for r in results] == [str(i) for i in range(1000)]
    assert results[-1]["forecast"] == pytest.approx([69.99], abs=1e-2)


def test_batch_selects_a_model_for_each_series(client):
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": [10, 20, 30]}]
    results = client.post("/forecast/batch", json={"series": series}).json()["results"]
    assert [r["model"] for r in results] == ["gru", "simple_rnn"]


@pytest.mark.parametrize("series", [[], [{"id": "a", "readings": [1]}] * 1001, {"id": "a"}, {}, None, "a", 3])
def test_batch_refuses_a_bad_list_of_series(client, series):
    assert client.post("/forecast/batch", json={"series": series}).status_code == 422


BAD_SERIES = [
    ("3", ""),
    ("null", ""),
    ("true", ""),
    ('"a"', ""),
    ("[]", ""),
    ("{}", "/id"),
    ('{"readings": [10, 20, 30, 40, 50]}', "/id"),
    ('{"id": 7, "readings": [10, 20, 30, 40, 50]}', "/id"),
    ('{"id": "", "readings": [10, 20, 30, 40, 50]}', "/id"),
    ('{"id": "%s", "readings": [10, 20, 30, 40, 50]}' % ("b" * 201), "/id"),
    ('{"id": "\\ud800", "readings": [10, 20, 30, 40, 50]}', "/id"),
    ('{"id": "b"}', "/readings"),
    ('{"id": "b", "readings": 3}', "/readings"),
    ('{"id": "b", "readings": []}', "/readings"),
    ('{"id": "b", "readings": [1, "2", 3]}', "/readings/1"),
    ('{"id": "b", "readings": [1, 1e400, 3]}', "/readings/1"),
    ('{"id": "b", "readings": [1, %s, 3]}' % ("9" * 5000), "/readings/1"),
    ('{"id": "b", "readings": [1, [2], 3]}', "/readings/1"),
    ('{"id": "b", "readings": [10, 20, 30, 40, 50], "id": "c"}', "/id"),
    ('{"id": "b", "readings": [10, 20, 30, 40, 50], "horizon": 3}', "/horizon"),
    ('{"id": "b", "readings": [10, 20, 30, 40, 50], "start": 5, "frequency": "D"}', "/start"),
    ('{"id": "b", "readings": [10, 20, 30, 40, 50], "start": "2016-13", "frequency": "D"}', "/start"),
    ('{"id": "b", "readings": [10, 20, 30, 40, 50], "start": "2016-01-01"}', "/frequency"),
    ('{"id": "a", "readings": [10, 20, 30, 40, 50]}', "/id"),
]


@pytest.mark.parametrize(("sent", "pointer"), BAD_SERIES)
def test_batch_answers_beside_a_series_of_any_wrong_kind(client, sent, pointer):
    first, last = (json.dumps({"id": name, "readings": READINGS}) for name in "az")
    body = f'{{"series": [{first}, {sent}, {last}]}}'
    reply = client.post("/forecast/batch", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 200
    first, bad, last = reply.json()["results"]
    assert (first["id"], first["forecast"]) == ("a", pytest.approx([60], abs=1e-3))
    assert (last["id"], last["forecast"]) == ("z", pytest.approx([60], abs=1e-3))
    assert bad["error"]["status"] == 422
    assert f"/series/1{pointer}" in [fault["pointer"] for fault in bad["error"]["errors"]]


def test_batch_names_the_series_that_has_the_id(client):
    series = [{"id": name, "readings": READINGS} for name in ("a", "b", "a", "b", "a")]
    results = client.post("/forecast/batch", json={"series": series}).json()["results"]
    assert ["error" in result for result in results] == [False, False, True, True, True]
    assert "/series/0" in results[4]["error"]["detail"]
    assert "/series/1" in results[3]["error"]["detail"]


@pytest.mark.parametrize(
    ("options", "status"),
    [({"levels": [80]}, 422), ({"minimum": 5, "maximum": 4}, 422), ({"version": "1"}, 422), ({"model": "nope"}, 404)],
)
def test_batch_refuses_options_with_which_no_series_could_be_answered(client, options, status):
    """The whole request is refused, and not each of its series."""
    reply = client.post("/forecast/batch", json={"series": [{"id": "a", "readings": READINGS}]} | options)
    assert reply.status_code == status


def test_forecast_says_which_season_was_used(serve):
    """The one asked for, else that of the frequency, else what the readings show."""
    client = serve([fakes.universal_bundle()])
    told = {"start": "2016-01-01", "frequency": "3MS"}
    assert post(client, readings=wave(8, 40), season=8).json()["season"] == 8
    assert post(client, readings=wave(4.1, 40), **told).json()["season"] == 4
    assert post(client, readings=wave(8, 40)).json()["season"] == 8
    assert post(client, readings=[3, 1, 4, 1, 5, 9, 2, 6]).json()["season"] == 1


def test_forecasts_and_intervals_stay_within_the_bounds(client):
    """The fake network predicts ten more than the last reading."""
    assert post(client, horizon=3).json()["forecast"] == pytest.approx([60, 70, 80], abs=1e-3)
    assert post(client, horizon=3, maximum=65).json()["forecast"] == pytest.approx([60, 65, 65], abs=1e-3)


def test_batch_options_hold_for_series_that_have_none_of_their_own(serve):
    client = serve([fakes.universal_bundle()])
    series = [{"id": "a", "readings": wave(8.3, 40)}, {"id": "b", "readings": wave(8.3, 40), "minimum": 41}]
    first, second = client.post("/forecast/batch", json={"series": series, "season": 5, "minimum": 0}).json()["results"]
    assert first["season"] == 5
    assert second["error"]["type"] == "/problems/unusable-bounds"
    assert second["error"]["errors"][0]["pointer"].startswith("/series/1/readings/")


def test_a_long_horizon_is_answered_by_every_model(serve):
    client = serve([fakes.universal_bundle(), fakes.forecast_bundle()])
    for name in ("any", "gru"):
        reply = post(client, model=name, horizon=1000).json()
        assert len(reply["forecast"]) == 1000
        assert "recursive_horizon" in [warning["code"] for warning in reply["warnings"]]


def test_an_absurd_reading_is_named_in_a_warning(serve):
    client = serve([fakes.universal_bundle()])
    readings = [*wave(8, 40)]
    readings[21] = 999999
    (warning,) = post(client, readings=readings).json()["warnings"]
    assert warning["code"] == "outlier_readings"
    assert "(index 21)" in warning["detail"]


def test_forecast_prefers_a_model_that_learnt_a_similar_series(serve):
    """A model of another series, however accurate, answers only if no model has learnt a similar one."""
    better = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[0.1], baseline_rmse=[4])
    far_off = ReadingLimits(minimum=9000, maximum=9100, window_std_minimum=5, window_std_maximum=30)
    other = fakes.forecast_card("other", step_errors=better, readings=far_off)
    client = serve([fakes.forecast_bundle(), fakes.forecast_bundle(other)])
    assert post(client).json()["model"] == "gru"
    assert post(client, readings=[9010, 9020, 9030, 9040, 9050]).json()["model"] == "other"
    assert post(client, readings=[-1e6, -2e6, -3e6, -4e6, -5e6]).json()["model"] == "other"


def test_batch_item_fails_alone_when_the_model_fails_on_it(serve, caplog):
    """It gets an error without details, which are in the log; the other series are answered."""

    def picky(*arrays):
        (batch,) = arrays
        if (batch[:, -1, 0] > 0.9).any():
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(*arrays)

    client = serve([fakes.forecast_bundle(run=picky)])
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": [50, 60, 70, 80, 95]}]
    reply = client.post("/forecast/batch", json={"series": series})
    good, bad = reply.json()["results"]
    assert good["forecast"] == pytest.approx([60], abs=1e-3)
    assert bad["error"]["status"] == 500
    assert "secret" not in reply.text
    assert "secret detail" in caplog.text
    assert reply.headers["x-request-id"] in caplog.text


def test_batch_gives_each_refused_series_its_own_pointers(serve):
    """The same error of two series is not mixed up."""
    client = serve([fakes.forecast_bundle()])
    series = [{"id": "a", "readings": [1]}, {"id": "b", "readings": [2]}]
    results = client.post("/forecast/batch", json={"series": series}).json()["results"]
    pointers = [[fault["pointer"] for fault in result["error"]["errors"]] for result in results]
    assert pointers == [["/series/0/readings"], ["/series/1/readings"]]


@pytest.mark.parametrize(
    ("bad", "pointer", "id_back"),
    [
        ({"id": "b", "readings": [1, "x", 3]}, "/series/1/readings/1", "b"),
        ({"id": "b", "readings": READINGS, "level": 80}, "/series/1/level", "b"),
        ({"id": "b"}, "/series/1/readings", "b"),
        ({"id": 5, "readings": READINGS}, "/series/1/id", None),
        ({"readings": READINGS}, "/series/1/id", None),
        ({"id": "b" * 201, "readings": READINGS}, "/series/1/id", None),
        ({"id": "b", "readings": READINGS, "start": "soon", "frequency": "D"}, "/series/1/start", "b"),
        (5, "/series/1", None),
        (None, "/series/1", None),
        ([], "/series/1", None),
    ],
)
def test_batch_gives_a_series_of_the_wrong_type_its_own_error(client, bad, pointer, id_back):
    """The others are answered."""
    good = {"id": "a", "readings": READINGS}
    reply = client.post("/forecast/batch", json={"series": [good, bad, good | {"id": "c"}]})
    first, second, third = reply.json()["results"]
    assert (reply.status_code, first["forecast"], third["forecast"]) == (200, *[[pytest.approx(60, abs=1e-3)]] * 2)
    assert (second["id"], second["error"]["status"]) == (id_back, 422)
    assert pointer in [fault["pointer"] for fault in second["error"]["errors"]]


def test_batch_gives_what_is_done_at_the_deadline(serve):
    """The second model call does not end before the deadline: its series are late, and the reply is 200."""
    gate = Gate(fakes.last_plus_ten)

    def first_call_is_quick(*arrays):
        if gate.batches:
            gate.close()
            client.portal.start_task_soon(clock.advance, 60)
        return gate(*arrays)

    bundle = fakes.forecast_bundle(fakes.forecast_card(window=4), run=first_call_is_quick, readings=READINGS[1:])
    client = serve([bundle], inline_ms=0)
    clock = client.portal.call(Clock)
    gate.batches.clear()
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": [1.0, *READINGS]}]
    reply = client.post("/forecast/batch", json={"series": series}, headers={"x-request-timeout-ms": "60000"})
    gate.open()
    first, second = reply.json()["results"]
    assert (reply.status_code, first["id"], second["id"]) == (200, "a", "b")
    assert "forecast" in first
    assert (second["error"]["status"], second["error"]["type"]) == (504, "/problems/deadline-exceeded")


def test_batch_of_which_nothing_is_done_at_the_deadline_is_a_504(serve):
    gate = Gate(fakes.last_plus_ten)
    client = serve([fakes.forecast_bundle(run=gate)])
    gate.close()
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": [1]}]
    reply = client.post("/forecast/batch", json={"series": series}, headers={"x-request-timeout-ms": "50"})
    gate.open()
    assert reply.status_code == 504


def test_an_error_lists_at_most_fifty_faults_and_says_how_many_there_are(client):
    reply = post(client, readings=[1.0, *[None] * 400, 2.0] + [1e100] * 100, model="gru").json()
    assert len(reply["errors"]) <= 50
    reply = post(client, readings=[1.0] * 5 + [1e100] * 200, model="gru").json()
    assert (len(reply["errors"]), reply["errors"][0]["detail"]) == (50, "is too large")
    assert "53 readings are too large" in reply["detail"]
    assert "the first 50 are listed" in reply["detail"]


def test_a_batch_lets_others_have_their_turn_between_all_its_pieces(monkeypatch):
    """Each series is validated, and each result becomes JSON, in a turn of its own."""
    pieces = note_calls(monkeypatch, common, "validate")
    note_calls(monkeypatch, common, "to_json", pieces=pieces)
    body = ForecastBatchRequest.model_validate({"series": [{"id": str(i), "readings": READINGS} for i in range(30)]})

    async def work(registry):
        context = RequestContext({"path": "/forecast/batch", "headers": []}, asyncio.Queue().get)
        context.registry, context.deadline = registry, math.inf
        return await most_pieces_in_a_round(monkeypatch, pieces, forecast.forecast_batch(body, context))

    most, reply = with_registry([fakes.forecast_bundle()], work)
    assert [result["id"] for result in json.loads(reply)["results"]] == [str(i) for i in range(30)]
    assert (pieces.count("validate"), pieces.count("to_json"), most) == (30, 30, 1)


def test_a_second_series_of_an_id_has_an_error_of_its_own_type(client):
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": READINGS}, {"id": "a", "readings": READINGS}]
    first, other, second = client.post("/forecast/batch", json={"series": series}).json()["results"]
    assert "error" not in first
    assert "error" not in other
    assert second["error"]["type"] == "/problems/duplicate-id"
    assert [fault["pointer"] for fault in second["error"]["errors"]] == ["/series/2/id"]

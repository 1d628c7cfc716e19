"""POST /forecast and /forecast/batch over HTTP, on fake networks."""

import math

import pytest

from service.artifacts.card import ReadingLimits, StepErrors, TrainingData
from tests import fakes
from tests.fakes import READINGS


def ask(client, **body):
    return client.post("/forecast", json={"readings": READINGS} | body)


def test_forecast_answers_every_field_of_the_contract(client):
    """The reply names the model, its newest version, the forecast, and how good the model is."""
    reply = ask(client)
    assert reply.status_code == 200
    assert reply.json() == {
        "model": "gru",
        "version": "2",
        "horizon": 1,
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
        "warnings": [],
    }


def test_forecast_feeds_predictions_back_and_says_so(client):
    """A one-step model answers a longer horizon from its own predictions, with a warning."""
    reply = ask(client, horizon=3).json()
    assert reply["forecast"] == pytest.approx([60, 70, 80], abs=1e-3)
    assert [w["code"] for w in reply["warnings"]] == ["recursive_horizon"]
    assert "not measured" in reply["warnings"][0]["detail"]


def test_forecast_skill_pools_the_steps_asked_for(client):
    """skill.ratio is the pooled RMSE over the baseline's, up to as many steps as were measured."""
    expected = round(math.sqrt((2**2 + 4**2) / 2) / 4, 4)
    assert ask(client, horizon=5).json()["skill"] == {
        "baseline": "seasonal_naive",
        "metric": "rmse",
        "ratio": expected,
        "steps": 2,
        "measured_on": "card",
        "origins": None,
    }


def test_forecast_dates_its_steps(client):
    """With start and frequency the reply carries the timestamps that follow the readings."""
    reply = ask(client, horizon=2, start="2016-02-01", frequency="MS").json()
    assert reply["timestamps"] == ["2016-07-01T00:00:00", "2016-08-01T00:00:00"]


def test_forecast_interpolates_a_missing_reading_and_says_so(client):
    reply = ask(client, readings=[10, 20, None, 40, 50]).json()
    assert reply["forecast"] == pytest.approx([60], abs=1e-3)
    assert reply["warnings"] == [
        {"code": "missing_readings", "detail": "1 of the 5 readings used was missing and interpolated (index 2)"}
    ]


def test_forecast_takes_the_named_model_and_version(client):
    """A name picks the model, a version the version."""
    reply = ask(client, model="gru", version="1").json()
    assert (reply["model"], reply["version"]) == ("gru", "1")
    assert ask(client, model="simple_rnn").json()["model"] == "simple_rnn"


def test_forecast_takes_a_model_whose_window_is_filled(client):
    """Without a name, the most accurate model that the readings suffice for answers."""
    assert ask(client, readings=[10, 20, 30]).json()["model"] == "simple_rnn"


def test_forecast_takes_the_model_that_is_best_at_the_horizon(serve):
    """A model may be best at one step and another at many."""
    near = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[1, 9], baseline_rmse=[4, 4])
    far = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[3, 3], baseline_rmse=[4, 4])
    client = serve(
        [
            fakes.forecast_bundle(fakes.forecast_card("near", step_errors=near)),
            fakes.forecast_bundle(fakes.forecast_card("far", step_errors=far)),
        ]
    )
    assert ask(client).json()["model"] == "near"
    assert ask(client, horizon=2).json()["model"] == "far"


MONTHLY = TrainingData(source="made up", sha256="1" * 64, rows=100, columns={}, frequency="MS", season=12)


def wave(season, count=36):
    return [50 + 10 * math.sin(2 * math.pi * i / season) for i in range(count)]


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"readings": wave(12)}, "gru"),
        ({"readings": wave(12), "start": "2016-01-31", "frequency": "ME"}, "gru"),
        ({"readings": wave(12), "start": "2016-01-01", "frequency": "h"}, "any"),
        ({"readings": wave(24, 120)}, "any"),
        ({"readings": wave(7)}, "any"),
        ({"readings": wave(7), "model": "gru"}, "gru"),
    ],
)
def test_forecast_asks_a_network_of_one_series_only_about_readings_as_frequent(serve, body, model):
    """Readings of its level and spread, but of another frequency or season, are for the network of any series."""
    one = fakes.forecast_card("gru", data=MONTHLY, window=36)
    client = serve([fakes.forecast_bundle(one, answer=55, readings=wave(12)), fakes.universal_bundle()])
    assert ask(client, **body).json()["model"] == model


def test_forecast_warns_where_only_a_network_of_another_frequency_is_there(serve):
    client = serve([fakes.forecast_bundle(fakes.forecast_card("gru", data=MONTHLY))])
    reply = ask(client, start="2016-01-01", frequency="h").json()
    assert (reply["model"], [w["code"] for w in reply["warnings"]]) == ("gru", ["unlike_training_data"])


def test_forecast_warns_of_readings_outside_the_training_range(client):
    reply = ask(client, readings=[60, 80, 90, 95, 120]).json()
    assert [w["code"] for w in reply["warnings"]] == ["outside_training_range"]


@pytest.mark.parametrize("readings", [[5000, 5020, 5040, 5060, 5080], [50, 50, 50, 50, 50]])
def test_forecast_warns_of_readings_unlike_the_training_data(client, readings):
    """Another level, or another spread, than any training window had."""
    assert "unlike_training_data" in [w["code"] for w in ask(client, readings=readings).json()["warnings"]]


def test_forecast_accepts_levels_turned_off(client):
    assert ask(client, levels=[]).json()["intervals"] == []


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
        ({"readings": [1, 2, 3, 1e300, 5]}, "invalid-request", "/readings/3"),
        ({"horizon": 0}, "invalid-request", "/horizon"),
        ({"horizon": 11}, "horizon-too-long", "/horizon"),
        ({"horizon": 11, "model": "gru"}, "horizon-too-long", "/horizon"),
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
def test_forecast_refuses_with_a_pointer_to_the_fault(client, body, slug, pointer):
    """Each kind of bad request is a 422 that points at what is wrong and does not echo it."""
    reply = ask(client, **body)
    problem = reply.json()
    assert (reply.status_code, problem["status"]) == (422, 422)
    assert problem["type"] == f"/problems/{slug}"
    assert pointer in [fault["pointer"] for fault in problem["errors"]]


def test_forecast_lists_every_fault_and_not_only_the_first(client):
    """One round trip is enough to learn all that is wrong."""
    reply = ask(client, readings=[1], levels=[80], horizon=999, start="2016-02-02", frequency="MS")
    assert reply.status_code == 422
    assert {fault["pointer"] for fault in reply.json()["errors"]} == {"/levels/0", "/horizon", "/readings", "/start"}
    both = ask(client, readings=[None, 2, 3, 4, 5], start="2016-02-02", frequency="MS")
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
def test_forecast_answers_404_for_an_unknown_model_and_lists_the_known(client, body):
    reply = ask(client, **body)
    assert reply.status_code == 404
    assert "'" in reply.json()["detail"]


def test_batch_keeps_the_order_and_isolates_the_bad(client):
    """One bad series gets its own error; the others are answered, in the order asked."""
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
    """The limit of the contract works, though it is more than the queue holds at once."""
    series = [{"id": str(i), "readings": [v + i / 100 for v in READINGS]} for i in range(1000)]
    results = client.post("/forecast/batch", json={"series": series}).json()["results"]
    assert [r["id"] for r in results] == [str(i) for i in range(1000)]
    assert results[-1]["forecast"] == pytest.approx([69.99], abs=1e-2)


def test_batch_uses_for_each_series_the_model_that_suits_it(client):
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": [10, 20, 30]}]
    results = client.post("/forecast/batch", json={"series": series}).json()["results"]
    assert [r["model"] for r in results] == ["gru", "simple_rnn"]


@pytest.mark.parametrize("series", [[], [{"id": "a", "readings": [1]}] * 1001, [{"readings": [1]}]])
def test_batch_refuses_a_bad_envelope(client, series):
    assert client.post("/forecast/batch", json={"series": series}).status_code == 422


@pytest.mark.parametrize(
    ("options", "status"),
    [({"levels": [80]}, 422), ({"horizon": 999}, 422), ({"version": "1"}, 422), ({"model": "nope"}, 404)],
)
def test_batch_refuses_what_no_series_could_be_answered_with(client, options, status):
    """The envelope is at fault, and not each of its series."""
    reply = client.post("/forecast/batch", json={"series": [{"id": "a", "readings": READINGS}]} | options)
    assert reply.status_code == status


def test_forecast_prefers_a_model_that_learnt_a_series_like_this_one(serve):
    """However accurate on its own data: a model of another series answers only when none knows this one."""
    better = StepErrors(baseline="seasonal_naive", split="test", model_rmse=[0.1], baseline_rmse=[4])
    far_off = ReadingLimits(minimum=9000, maximum=9100, window_std_minimum=5, window_std_maximum=30)
    other = fakes.forecast_card("other", step_errors=better, readings=far_off)
    client = serve([fakes.forecast_bundle(), fakes.forecast_bundle(other)])
    assert ask(client).json()["model"] == "gru"
    assert ask(client, readings=[9010, 9020, 9030, 9040, 9050]).json()["model"] == "other"
    assert ask(client, readings=[-1e6, -2e6, -3e6, -4e6, -5e6]).json()["model"] == "other"


def test_batch_item_fails_alone_when_the_model_fails_on_it(serve, caplog):
    """A window that breaks the network gets an error without details; the log has them, mates are answered."""

    def picky(batch):
        if (batch[:, -1, 0] > 0.9).any():
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(batch)

    client = serve([fakes.forecast_bundle(run=picky)])
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": [50, 60, 70, 80, 95]}]
    reply = client.post("/forecast/batch", json={"series": series})
    good, bad = reply.json()["results"]
    assert good["forecast"] == pytest.approx([60], abs=1e-3)
    assert bad["error"]["status"] == 500
    assert "secret" not in reply.text
    assert "secret detail" in caplog.text
    assert reply.headers["x-request-id"] in caplog.text

"""POST /anomalies and /anomalies/batch over HTTP, with a fake network."""

import numpy as np
import pytest

from tests import fakes

READINGS = [round(value, 3) for value in np.random.default_rng(0).normal(50, 1, 40)]
SPOILT = [*READINGS[:38], 80.0, READINGS[39]]


@pytest.fixture
def client(serve):
    return serve([*fakes.default_bundles(), fakes.universal_bundle("any", spread=1.0)])


def test_anomalies_has_every_field_of_the_contract(client):
    body = {"readings": SPOILT, "start": "2024-01-01", "frequency": "D", "season": 7, "level": 99, "last": 2}
    reply = client.post("/anomalies", json=body)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert set(answer) == {"model", "version", "season", "points", "warnings"}
    assert (answer["model"], answer["version"], answer["season"], answer["warnings"]) == ("any", "1", 7, [])
    first, second = answer["points"]
    assert set(first) == {"index", "timestamp", "reading", "expected", "lower", "upper", "score", "anomaly"}
    assert (first["index"], first["timestamp"]) == (38, "2024-02-08T00:00:00")
    assert (first["reading"], first["anomaly"], second["anomaly"]) == (80.0, True, False)
    assert first["score"] < 0.01 < second["score"]


def test_readings_alone_are_enough(client):
    answer = client.post("/anomalies", json={"readings": READINGS}).json()
    assert len(answer["points"]) == 24
    assert {point["timestamp"] for point in answer["points"]} == {None}


def test_a_missing_reading_is_a_point_that_is_no_anomaly(client):
    answer = client.post("/anomalies", json={"readings": [*READINGS[:38], None, READINGS[39]], "last": 2}).json()
    assert answer["points"][0]["reading"] is None
    assert answer["points"][0]["score"] is None
    assert answer["points"][0]["anomaly"] is False
    assert [warning["code"] for warning in answer["warnings"]] == ["missing_readings"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"readings": READINGS, "last": 0}, ["/last"]),
        ({"readings": READINGS, "last": 257}, ["/last"]),
        ({"readings": READINGS, "last": 29}, ["/last"]),
        ({"readings": READINGS, "last": "all"}, ["/last"]),
        ({"readings": READINGS, "level": 100}, ["/level"]),
        ({"readings": READINGS, "level": 0}, ["/level"]),
        ({"readings": READINGS, "season": 0}, ["/season"]),
        ({"readings": READINGS[:12]}, ["/readings"]),
        ({"readings": READINGS, "start": "2024-01-01"}, ["/frequency"]),
        ({"readings": READINGS, "horizon": 3}, ["/horizon"]),
        ({}, ["/readings"]),
    ],
)
def test_a_bad_request_is_refused_with_pointers(client, body, faults):
    reply = client.post("/anomalies", json=body)
    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == faults


def test_a_service_without_a_forecaster_of_any_series_says_so(serve):
    reply = serve().post("/anomalies", json={"readings": READINGS})
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/unknown-model")


def test_a_batch_answers_in_order_with_an_error_for_each_bad_series(client):
    series = [{"id": "a", "readings": SPOILT}, {"id": "b", "readings": [1.0]}, {"id": "a", "readings": READINGS}, 7]
    reply = client.post("/anomalies/batch", json={"series": series, "last": 3})
    assert reply.status_code == 200
    first, second, third, fourth = reply.json()["results"]
    assert (first["id"], [point["anomaly"] for point in first["points"]]) == ("a", [False, True, False])
    assert second["error"]["errors"][0]["pointer"] == "/series/1/readings"
    assert third["error"]["type"] == "/problems/duplicate-id"
    assert fourth["id"] is None


def test_a_fault_of_an_option_names_it_in_every_series(client):
    series = [{"id": "a", "readings": READINGS}, {"id": "b", "readings": READINGS[:20]}]
    first, second = client.post("/anomalies/batch", json={"series": series, "last": 20}).json()["results"]
    assert len(first["points"]) == 20
    assert second["error"]["status"] == 422

"""The Open Inference Protocol: tensors in JSON and binary form are answered as our own routes answer, or refused in words."""

import gzip
import json
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from service.forecast.intervals import Interval
from service.http.adapters.inference_v2 import schemas
from service.http.adapters.inference_v2.infer import values_of_forecast
from service.http.lifecycle import Phase
from tests import fakes
from tests.fakes import READINGS
from tests.service.http.adapters.v2_requests import (
    BAD,
    GOOD,
    HEADER,
    binary_body,
    doubles,
    outputs,
    packed_texts,
    readings,
    split,
    tensor,
    texts,
)

INFER, FORECAST = "/v2/models/sentiment/infer", "/v2/models/gru/infer"


def error(reply):
    """The text of an error, whose form is checked."""
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json()) == {"error"}
    return reply.json()["error"]


def test_the_server_says_what_it_is(client):
    assert client.get("/v2").json()["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/models").json() == {"models": ["gru", "sentiment", "simple_rnn"]}
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}


def test_a_model_says_what_tensors_it_has(client):
    forecaster = client.get("/v2/models/gru").json()
    assert forecaster["versions"] == ["1", "2"]
    assert [(each["name"], each["shape"]) for each in forecaster["outputs"]] == [
        ("forecast", [-1, -1]),
        ("lower", [-1, -1, -1]),
        ("upper", [-1, -1, -1]),
    ]
    classifier = client.get("/v2/models/sentiment/versions/1").json()
    assert classifier["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert classifier["outputs"][1] == {"name": "probability", "datatype": "FP64", "shape": [-1, 3]}
    assert classifier["parameters"] == {"classes": ["negative", "neutral", "positive"]}


def test_a_model_is_ready_if_it_is_loaded(client):
    assert client.get("/v2/models/gru/ready").json() == {"name": "gru", "ready": True}
    assert client.get("/v2/models/gru/versions/2/ready").status_code == 200
    assert "loaded are '1', '2'" in error(client.get("/v2/models/gru/versions/3/ready"))
    assert client.get("/v2/models/nobody/ready").status_code == 404


def test_nothing_is_ready_when_the_service_is_about_to_stop(client):
    client.app.state.lifecycle.enter(Phase.ENDING)
    for path in ("/v2/health/ready", "/v2/models/gru/ready"):
        reply = client.get(path)
        assert (reply.status_code, error(reply)) == (503, "the service is about to stop")
    assert client.get("/v2/health/live").status_code == 200


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_texts_are_judged_as_by_our_own_route(client, shape):
    reply = client.post(INFER, json={"id": "7", "inputs": [texts(GOOD, BAD) | {"shape": shape}]})
    ours = client.post("/sentiment/batch", json={"texts": [GOOD, BAD]}).json()["results"]
    assert {name: reply.json()[name] for name in ("id", "model_name", "model_version")} == {
        "id": "7",
        "model_name": "sentiment",
        "model_version": "1",
    }
    found = outputs(reply)
    assert found["label"] == tensor("label", [2], "BYTES", data=[each["label"] for each in ours])
    flat = [value for each in ours for value in each["probabilities"].values()]
    assert found["probability"] == tensor("probability", [2, 3], "FP64", data=flat)
    assert found["uncertain"] == tensor("uncertain", [2], "BOOL", data=[each["uncertain"] for each in ours])


def test_series_are_forecast_as_by_our_own_route(client):
    rows = [READINGS, [each + 1 for each in READINGS]]
    reply = client.post(FORECAST, json={"inputs": [readings(*rows)], "parameters": {"horizon": 2, "levels": ""}})
    series = [{"id": str(index), "readings": row} for index, row in enumerate(rows)]
    ours = client.post("/forecast/batch", json={"series": series, "model": "gru", "horizon": 2, "levels": []}).json()
    flat = [value for each in ours["results"] for value in each["forecast"]]
    assert outputs(reply)["forecast"] == tensor("forecast", [2, 2], "FP64", data=flat)
    assert outputs(reply)["lower"] == tensor("lower", [2, 0, 2], "FP64", data=[])
    assert reply.json()["model_version"] == "2"


def test_a_version_may_be_named(client):
    reply = client.post("/v2/models/gru/versions/1/infer", json={"inputs": [readings(READINGS)]})
    assert reply.json()["model_version"] == "1"


def test_binary_tensors_come_and_go(client):
    """Without a Content-Type, as Triton's client sends them."""
    request = {"inputs": [tensor("text", [2], "BYTES")], "parameters": {"binary_data_output": True}}
    reply = client.post(INFER, **binary_body(request, packed_texts(GOOD.encode(), BAD.encode())))
    assert reply.headers["content-type"] == "application/octet-stream"
    head, tail = split(reply)
    sizes = [each["parameters"]["binary_data_size"] for each in head["outputs"]]
    assert tail[: sizes[0]] == packed_texts(b"positive", b"negative")
    assert (sizes[1], tail[sum(sizes[:2]) :]) == (48, b"\0\0")
    ours = client.post("/sentiment", json={"text": GOOD}).json()
    assert tail[sizes[0] :][:24] == doubles(*ours["probabilities"].values())


def test_each_output_is_asked_for_in_its_own_form(client):
    wanted = [{"name": "uncertain"}, {"name": "label", "parameters": {"binary_data": True}}]
    head, tail = split(client.post(INFER, json={"inputs": [texts(GOOD)], "outputs": wanted}))
    assert [each["name"] for each in head["outputs"]] == ["uncertain", "label"]
    assert head["outputs"][0]["data"] == [False]
    assert tail == packed_texts(b"positive")


@pytest.mark.parametrize(
    ("datatype", "content"),
    [
        ("FP64", doubles(*READINGS)),
        ("FP32", np.array(READINGS, "<f4").tobytes()),
        ("FP16", np.array(READINGS, "<f2").tobytes()),
        ("INT8", np.array(READINGS, "i1").tobytes()),
        ("UINT16", np.array(READINGS, "<u2").tobytes()),
        ("INT64", np.array(READINGS, "<i8").tobytes()),
    ],
)
def test_every_kind_of_number_is_a_reading(client, datatype, content):
    request = {"inputs": [tensor("readings", [1, 5], datatype)]}
    found = outputs(client.post(FORECAST, **binary_body(request, content)))
    assert found["forecast"]["data"] == pytest.approx([60.0])


def test_nan_and_null_are_missing_readings_and_padding_in_front(client):
    nan = float("nan")
    expected = client.post("/forecast", json={"readings": READINGS, "model": "gru"}).json()["forecast"]
    request = {"inputs": [tensor("readings", [1, 7], "FP64")]}
    binary = client.post(FORECAST, **binary_body(request, doubles(nan, nan, *READINGS)))
    assert outputs(binary)["forecast"]["data"] == expected
    padded = client.post(FORECAST, json={"inputs": [readings([None, None, *READINGS])]})
    assert outputs(padded)["forecast"]["data"] == expected
    between = client.post(FORECAST, json={"inputs": [readings([10.0, None, 30.0, 40.0, 50.0])]})
    assert between.status_code == 200


def test_values_may_be_flat_or_nested(client):
    flat = readings(READINGS) | {"data": READINGS}
    assert (
        client.post(FORECAST, json={"inputs": [flat]}).json()
        == client.post(FORECAST, json={"inputs": [readings(READINGS)]}).json()
    )


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ([[1.0] * 7, [2.0] * 21], "/inputs/0/data/0"),
        ([[1.0] * 14, [2.0] * 13], "/inputs/0/data/1"),
        ([[1.0] * 14, 2.0], "/inputs/0/data/1"),
        ([[1.0] * 28], "/inputs/0/data"),
        ([[1.0] * 14] * 3, "/inputs/0/data"),
        ([1.0] * 27, "/inputs/0/data"),
    ],
)
def test_values_that_do_not_fit_the_shape_are_refused(client, data, pointer):
    """They are never cut into other rows than those that were sent."""
    padding = " " * 20_000  # a large body is read in pieces
    body = {"inputs": [tensor("readings", [2, 14], "FP64", data=data)]}
    for text in (json.dumps(body), json.dumps(body) + padding):
        assert pointer in error(client.post(FORECAST, content=text))


@pytest.mark.parametrize("levels", [[95, 80], [80, 80], [80, 95]])
def test_levels_come_back_in_their_order(levels):
    """The forecaster gives each level once, ascending."""
    intervals = [Interval(80.0, [8.0], [80.0]), Interval(95.0, [9.0], [90.0])]
    answer = SimpleNamespace(forecast=SimpleNamespace(values=[50.0], intervals=intervals))
    assert values_of_forecast(answer, "lower", levels) == [[level // 10] for level in levels]
    assert values_of_forecast(answer, "upper", levels) == [[level // 10 * 10] for level in levels]


@pytest.mark.parametrize(
    "data", [[0.5] * 1_000_001, [[0.5] * 10_000] * 101, ["a" * 20] * 501], ids=["flat", "nested", "texts"]
)
def test_the_values_of_all_tensors_are_counted_together(client, data):
    each = tensor("readings", [1], "FP64", data=data)
    reply = client.post(FORECAST, json={"inputs": [each, each]})
    assert reply.status_code == 400
    assert "/inputs/1/data must be a list of at most 2,000,000 numbers or 1,000 others, with all such lists" in error(
        reply
    )


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_a_body_may_be_compressed(client, compress):
    coding = "gzip" if compress is gzip.compress else "deflate"
    body = binary_body({"inputs": [tensor("text", [1], "BYTES")]}, packed_texts(GOOD.encode()))
    headers = body["headers"] | {"content-encoding": coding}
    reply = client.post(INFER, content=compress(body["content"]), headers=headers)
    assert outputs(reply)["label"]["data"] == ["positive"]
    assert (
        client.post(
            "/sentiment",
            content=zlib.compress(b"{}"),
            headers={"content-type": "application/json", "content-encoding": "deflate"},
        ).status_code
        == 415
    )


def test_a_long_reply_is_compressed_for_a_client_that_takes_it(client):
    request = {"inputs": [texts(*[GOOD] * 1000)], "parameters": {"binary_data_output": True}}
    plain = client.post(INFER, json=request, headers={"accept-encoding": "identity"})
    packed = client.post(INFER, json=request, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert (packed.content, packed.headers[HEADER]) == (plain.content, plain.headers[HEADER])


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "/inputs is required"),
        ({"inputs": []}, "/inputs must be a list of 1 to 16 items"),
        ({"inputs": [texts(GOOD), texts(GOOD)]}, "has one input, `text`; send that one, once"),
        ({"inputs": [readings(READINGS)]}, "model 'sentiment' has one input, `text`"),
        ({"inputs": [texts(GOOD) | {"shape": [2]}]}, "/inputs/0/data (`text`) has 1 values; its shape has 2"),
        ({"inputs": [texts(GOOD, BAD) | {"shape": [1]}]}, "has 2 values; its shape has 1"),
        ({"inputs": [texts(GOOD) | {"shape": [1, 2]}]}, "must be [n] or [n, 1]"),
        ({"inputs": [texts(GOOD) | {"shape": [0]}]}, "from 1 to 1,000"),
        ({"inputs": [texts(GOOD) | {"shape": [10**30]}]}, "from 1 to 1,000"),
        ({"inputs": [texts(GOOD) | {"shape": [-1]}]}, "/inputs/0/shape/0 must be a whole number of at least 0"),
        ({"inputs": [texts(GOOD) | {"shape": []}]}, "/inputs/0/shape must be a list"),
        ({"inputs": [texts(GOOD) | {"datatype": "FP32"}]}, "must be BYTES"),
        ({"inputs": [texts(GOOD) | {"data": [1]}]}, "/inputs/0/data/0 (`text`) must be a string"),
        ({"inputs": [texts(GOOD) | {"data": None}]}, "needs `data`, or `binary_data_size`"),
        ({"inputs": [texts(GOOD, " ", "")]}, "2 of the 3 rows cannot be answered, and so the request is not: row 1:"),
        ({"inputs": [texts(*[" "] * 20)]}, "20 of the 20 rows cannot be answered (the first 10 of them are named)"),
        ({"inputs": [texts(GOOD) | {"parameters": {"binary_data_size": 3}}]}, "has both `data` and `binary_data_size`"),
        ({"inputs": [texts(GOOD) | {"parameters": {"shared_memory_region": "a"}}]}, "shared memory is not offered"),
        (
            {"inputs": [texts(GOOD) | {"parameters": {"levels": 80}}]},
            "and not `levels`; other parameters are the request's",
        ),
        ({"inputs": [texts(GOOD)], "outputs": [{"name": "score"}]}, "has the outputs label, probability, uncertain"),
        (
            {"inputs": [texts(GOOD)], "outputs": [{"name": "label", "parameters": {"classification": 2}}]},
            "neither `classification` nor shared memory",
        ),
        (
            {"inputs": [texts(GOOD)], "outputs": [{"name": "label", "parameters": {"horizon": 1}}]},
            "/outputs/0/parameters may have `binary_data`, and not `horizon`",
        ),
        (
            {"inputs": [texts(GOOD)], "outputs": [{"name": "label", "parameters": {"binary_data": 1}}]},
            "/outputs/0/parameters/binary_data must be true or false",
        ),
        (
            {"inputs": [texts(GOOD)], "parameters": {"sequence_id": 1}},
            "/parameters/sequence_id: sequences are not offered",
        ),
        ({"inputs": [texts(GOOD)], "parameters": {"priority": 1}}, "/parameters/priority: priorities are not offered"),
        ({"inputs": [texts(GOOD)], "parameters": {"colour": 1}}, "has no parameter `colour`"),
        (
            {"inputs": [texts(GOOD)], "parameters": {"priority_" + 99 * "x": 1}},
            f"has no parameter `priority_{31 * 'x'}`",
        ),
        ({"inputs": [texts(GOOD)], "parameters": {"timeout": -1}}, "whole number of microseconds"),
        ({"inputs": [texts(GOOD)], "model": "gru"}, "/model is not a field here; did you mean `model_name`"),
    ],
)
def test_texts_that_cannot_be_judged_are_refused_in_words(client, request_, words):
    reply = client.post(INFER, json=request_)
    assert reply.status_code == 400
    assert words in error(reply)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"inputs": [readings(READINGS, datatype="BYTES")]}, "must be one of FP16, FP64"),
        ({"inputs": [readings(READINGS, datatype="BOOL")]}, "must be one of FP16, FP64"),
        ({"inputs": [readings(READINGS) | {"shape": [5]}]}, "must be [n, t]"),
        ({"inputs": [readings(READINGS) | {"shape": [1, 0]}]}, "t from 1 to 10,000"),
        ({"inputs": [readings(READINGS) | {"shape": [1000, 10_000]}]}, "more than 2,000,000 values"),
        ({"inputs": [readings(READINGS) | {"shape": [10**400, 10**400]}]}, "shape"),
        ({"inputs": [readings([None] * 5)]}, "/inputs/0/data/0 (`readings`) has no reading"),
        ({"inputs": [readings(READINGS, [10, 20, 30, 40, "50"])]}, "/inputs/0/data/1/4 (`readings`) must be a number"),
        ({"inputs": [readings([1e200] * 5)]}, "within ±1e+150"),
        ({"inputs": [readings(READINGS, [None, None, 1, 2, 3])]}, "1 of the 2 rows cannot be answered"),
        ({"inputs": [readings([*READINGS, None])]}, "row 0: "),
        (
            {"inputs": [readings(READINGS)], "parameters": {"horizon": "soon"}},
            "/parameters/horizon must be a whole number",
        ),
        ({"inputs": [readings(READINGS)], "parameters": {"horizon": 1001}}, "from 1 to 1,000"),
        ({"inputs": [readings(READINGS)], "parameters": {"frequency": "fortnight"}}, "the frequency must be"),
        ({"inputs": [readings(READINGS)], "parameters": {"levels": "a,b"}}, "/parameters/levels/0 must be a number"),
        ({"inputs": [readings(READINGS)], "parameters": {"start": "2020-01-01"}}, "/parameters/start is not a field"),
        ({"inputs": [readings(READINGS)], "parameters": {"minimum": 2, "maximum": 1}}, "`minimum` must be less"),
    ],
)
def test_readings_that_cannot_be_forecast_are_refused_in_words(client, request_, words):
    reply = client.post(FORECAST, json=request_)
    assert reply.status_code == 400
    assert words in error(reply)


@pytest.mark.parametrize(
    ("shape", "content", "words"),
    [
        ([1], b"\x05\0\0\0good", "ends within element 0"),
        ([1], b"\xff\xff\xff\xffgood", "ends within element 0"),
        ([2], packed_texts(b"good"), "ends within element 1"),
        ([1], packed_texts(b"good", b"bad"), "has 7 bytes after its 1 elements"),
        ([1], b"", "ends within element 0"),
        ([1], packed_texts(b"\xff"), "row 0: the text is not UTF-8 at its byte 0"),
        ([1], packed_texts(b"x" * 80_001), "row 0: the text has more than 20000 characters"),
    ],
)
def test_binary_texts_that_are_none_are_refused_in_words(client, shape, content, words):
    reply = client.post(INFER, **binary_body({"inputs": [tensor("text", shape, "BYTES")]}, content))
    assert reply.status_code == 400
    assert words in error(reply)


@pytest.mark.parametrize("content", [b"", doubles(1, 2, 3), doubles(*READINGS) + b"x"])
def test_binary_readings_have_the_bytes_of_their_shape(client, content):
    reply = client.post(FORECAST, **binary_body({"inputs": [tensor("readings", [1, 5], "FP64")]}, content))
    assert reply.status_code == 400
    assert f"has {len(content)} bytes of data; its shape needs 40" in error(reply)


@pytest.mark.parametrize("value", ["0", "-1", "x", "1e3", "99999", "9" * 30, ""])
def test_a_header_that_lies_of_the_json_is_refused_in_words(client, value):
    reply = client.post(INFER, content=json.dumps({"inputs": [texts(GOOD)]}), headers={HEADER: value})
    assert reply.status_code == 400
    assert "Inference-Header-Content-Length must be the length of the JSON" in error(reply)


def test_bytes_that_no_input_has_are_refused_in_words(client):
    body = json.dumps({"inputs": [texts(GOOD)]}).encode()
    reply = client.post(INFER, content=body + b"rest", headers={HEADER: str(len(body))})
    assert reply.status_code == 400
    assert "0 bytes of binary data by their `binary_data_size`, but 4 bytes follow" in error(reply)


@pytest.mark.parametrize("size", [-1, 1.5, True, "4", 5, 10**30, 10**4299])
def test_a_size_that_is_none_is_refused_in_words(client, size):
    each = tensor("text", [1], "BYTES", parameters={"binary_data_size": size})
    body = json.dumps({"inputs": [each]}).encode()
    reply = client.post(INFER, content=body + b"rest", headers={HEADER: str(len(body))})
    assert reply.status_code == 400
    error(reply)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/sentiment/config", 404),
        ("POST", "/v2/repository/index", 404),
        ("GET", "/v2/models/sentiment/versions/1/stats", 404),
        ("GET", "/v2/systemsharedmemory/status", 404),
        ("GET", "/v2/nothing/here", 404),
        ("GET", "/v2/models/nobody", 404),
        ("POST", "/v2/models/nobody/infer", 404),
        ("POST", "/v2/models/gru/versions/9/infer", 404),
        ("POST", "/v2/models/" + "x" * 300 + "/infer", 404),
        ("POST", "/v2/models//infer", 404),
        ("POST", "/v2/models/gru/infer%0A", 404),
        ("GET", "/v2/models/" + "x" * 300, 400),
        ("GET", INFER, 405),
        ("DELETE", "/v2", 405),
    ],
)
def test_what_there_is_not_is_told_in_the_form_of_the_protocol(client, method, path, status):
    reply = client.request(method, path)
    assert reply.status_code == status
    assert error(reply)


def test_a_key_needs_the_scope_of_the_model(serve, tmp_path):
    """The path does not tell it. What any key may ask for is the metadata, and health needs none."""
    from hashlib import sha256

    file = tmp_path / "keys.json"
    keys = [
        {"name": name, "sha256": sha256(name.encode()).hexdigest(), "scopes": [name]} for name in ("forecast", "models")
    ]
    file.write_text(json.dumps({"keys": keys}))
    client = serve(api_keys_file=file, max_frame_bytes=100_000, max_body_bytes=1024)

    def ask(path, key):
        body = {"inputs": [texts(GOOD) if "sentiment" in path else readings(READINGS)]}
        return client.post(path, json=body, headers={"x-api-key": key} if key else {})

    assert ask(FORECAST, "forecast").status_code == 200
    assert (ask(INFER, "forecast").status_code, ask(FORECAST, "models").status_code) == (403, 403)
    assert "needs a key with the scope 'sentiment'" in error(ask(INFER, "forecast"))
    assert ask(INFER, "").status_code == 401
    too_large = client.post(INFER, content=b"x" * 100_001, headers={"x-api-key": "forecast"})
    assert too_large.status_code == 403, "the body is not read for a key that lacks the scope"
    assert client.get("/v2/models", headers={"x-api-key": "models"}).status_code == 200
    assert client.get("/v2/models").status_code == 401
    assert client.get("/v2/health/ready").status_code == 200


def test_every_row_counts_for_the_limits(serve):
    client = serve(rate_items=0.005, rate_burst_s=1000)
    assert "at once" in error(client.post(INFER, json={"inputs": [texts(*[GOOD] * 6)]}))
    assert client.post(INFER, json={"inputs": [texts(*[GOOD] * 4)]}).status_code == 200
    reply = client.post(INFER, json={"inputs": [texts(GOOD)]})
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) >= 1


def test_a_time_limit_may_be_sent_as_the_protocol_has_it(client):
    reply = client.post(INFER, json={"inputs": [texts(GOOD)], "parameters": {"timeout": 1}})
    assert reply.status_code == 504
    assert "time limit" in error(reply)
    assert client.post(INFER, json={"inputs": [texts(GOOD)], "parameters": {"timeout": 10_000_000}}).status_code == 200


@pytest.mark.parametrize("name", ["timeout", "season", "minimum", "maximum", "levels", "horizon"])
@pytest.mark.parametrize("number", [10**400, -(10**400), 10**4299])
def test_a_number_that_is_too_large_is_refused_in_words(client, name, number):
    reply = client.post(FORECAST, json={"inputs": [readings(READINGS)], "parameters": {name: number}})
    assert reply.status_code == 400
    assert f"/parameters/{name}" in error(reply)


@pytest.mark.parametrize("change", [{"shape": [10**400, 1]}, {"shape": [1, 10**4299]}, {"data": [[10**400] * 24]}])
def test_a_tensor_with_a_number_that_is_too_large_is_refused(client, change):
    reply = client.post(FORECAST, json={"inputs": [readings(READINGS) | change]})
    assert reply.status_code == 400
    assert "/inputs/0" in error(reply)


def test_a_failing_model_is_told_without_details(serve):
    is_broken = False

    def network(*arrays):
        if is_broken:
            raise RuntimeError("secret detail")
        return fakes.good_words(*arrays)

    client = serve([fakes.sentiment_bundle(run=network)])
    is_broken = True
    reply = client.post(INFER, json={"inputs": [texts(GOOD)]})
    assert reply.status_code == 500
    assert "secret" not in error(reply)


def test_a_body_may_be_larger_than_those_of_our_own_routes(serve):
    client = serve(max_body_bytes=1024, max_frame_bytes=100_000)
    many = {"inputs": [texts(*[GOOD] * 500)]}
    assert client.post(INFER, json=many).status_code == 200
    reply = client.post(INFER, content=b"x" * 100_001)
    assert reply.status_code == 413
    assert "larger than 100000 bytes" in error(reply)


def test_the_metrics_know_the_path_by_its_template(client):
    client.post(INFER, json={"inputs": [texts(GOOD)]})
    client.get("/v2/models/gru")
    metrics = client.get("/metrics").text
    assert 'http_requests_total{handler="/v2/models/{name}/infer",method="POST",status="200"} 1.0' in metrics
    assert 'handler="/v2/models/{name}",method="GET"' in metrics


def test_a_reply_is_as_the_schema_says(client):
    reply = client.post(INFER, json={"inputs": [texts(GOOD)]})
    assert schemas.InferenceResponse.model_validate(reply.json()).outputs[0].data == ["positive"]


def test_statistics_of_all_models_are_taken_for_no_model(client):
    """Their path is that of a model called so."""
    reply = client.get("/v2/models/stats")
    assert reply.status_code == 404
    assert "this extension of the protocol is not offered" in error(reply)

"""KServe's own client (InferenceRESTClient) against /v2: every route, JSON and binary tensors, errors."""

import asyncio
import json
import urllib.request

import httpx
import numpy as np
import pytest
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

REVIEWS = ["A warm, funny and beautifully acted film.", "A dull, awful film: the worst of the year.", "Größte 😀"]
YEARS = np.stack([np.sin(np.arange(48) * np.pi / 6 + phase) * 10 + 100 + phase for phase in range(3)])


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def run(work):
    """Run a coroutine function with a client."""

    async def inner():
        return await work(InferenceRESTClient(RESTConfig(protocol="v2", retries=5, timeout=300)))

    return asyncio.run(inner())


def texts(texts, binary):
    each = InferInput(name="text", shape=[len(texts)], datatype="BYTES", data=None)
    each.set_data_from_numpy(np.array([text.encode() for text in texts], dtype=np.object_), binary_data=binary)
    return each


def readings(values, binary):
    each = InferInput(name="readings", shape=list(values.shape), datatype="FP64", data=None)
    each.set_data_from_numpy(values, binary_data=binary)
    return each


def test_the_quick_start_of_the_client(service_url):
    """Its documentation's example of a v2 request, but for the URL and the names."""

    async def work(client):
        request = InferRequest(
            model_name="universal",
            infer_inputs=[InferInput(name="readings", shape=[3, 48], datatype="FP64", data=YEARS.tolist())],
        )
        return await client.infer(service_url, request, model_name="universal")

    response = run(work)
    assert response.model_name == "universal"
    assert response.outputs[0].name == "forecast"
    assert response.outputs[0].as_numpy().shape[0] == 3


def test_the_server_and_its_models_are_live_and_ready(service_url):
    async def work(client):
        assert await client.is_server_live(service_url)
        assert await client.is_server_ready(service_url)
        assert await client.is_model_ready(service_url, "sentiment")
        return await client.is_model_ready(service_url, "nobody")

    assert run(work) is False


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_texts_are_judged_as_by_the_services_own_route(service_url, binary_in, binary_out):
    async def work(client):
        outputs = [RequestedOutput(name, {"binary_data": binary_out}) for name in ("label", "probability", "uncertain")]
        request = InferRequest("sentiment", [texts(REVIEWS, binary_in)], request_id="mine", request_outputs=outputs)
        return await client.infer(service_url, request, model_name="sentiment")

    response = run(work)
    own = post(f"{service_url}/sentiment/batch", {"texts": REVIEWS, "model": "sentiment"})["results"]
    assert response.id == "mine"
    labels = response.get_output_by_name("label").as_numpy().tolist()
    assert [getattr(each, "decode", lambda text=each: text)() for each in labels] == [each["label"] for each in own]
    probabilities = response.get_output_by_name("probability").as_numpy()
    np.testing.assert_array_equal(probabilities, [[*each["probabilities"].values()] for each in own])
    uncertain = response.get_output_by_name("uncertain").as_numpy()
    assert uncertain.tolist() == [each["uncertain"] for each in own]


@pytest.mark.parametrize("binary", [True, False])
def test_series_are_forecast_as_by_the_services_own_route(service_url, binary):
    async def work(client):
        parameters = {"horizon": 6, "levels": "80", "binary_data_output": binary}
        request = InferRequest("universal", [readings(YEARS, binary)], parameters=parameters)
        return await client.infer(service_url, request, model_name="universal")

    response = run(work)
    items = [{"id": str(i), "readings": row.tolist()} for i, row in enumerate(YEARS)]
    body = {"series": items, "model": "universal", "horizon": 6, "levels": [80]}
    own = post(f"{service_url}/forecast/batch", body)["results"]
    values = response.get_output_by_name("forecast").as_numpy()
    np.testing.assert_allclose(values, [each["forecast"] for each in own], rtol=1e-6)
    lower = response.get_output_by_name("lower").as_numpy()
    np.testing.assert_allclose(lower, [[each["intervals"][0]["lower"]] for each in own], rtol=1e-6)


def test_null_is_a_missing_reading(service_url):
    """orjson, which this client writes JSON with, writes NaN as null."""
    gappy = YEARS[:1].copy()
    gappy[0, 5] = np.nan

    async def work(client):
        request = InferRequest("universal", [readings(gappy, False)], parameters={"horizon": 2})
        return await client.infer(service_url, request, model_name="universal")

    assert np.isfinite(run(work).get_output_by_name("forecast").as_numpy()).all()


def test_a_dictionary_is_a_request_too(service_url):
    async def work(client):
        inputs = [{"name": "text", "shape": [1, 1], "datatype": "BYTES", "data": [["A fine film."]]}]
        return await client.infer(service_url, {"inputs": inputs}, model_name="sentiment")

    assert run(work).get_output_by_name("label").data == ["positive"]


@pytest.mark.parametrize(
    ("model", "inputs", "words"),
    [
        ("nobody", [texts(["fine"], False)], "no model of that name is loaded.*404 Not Found"),
        ("sentiment", [texts([" "], True)], "the row cannot be answered.*row 0: the text is empty.*400 Bad Request"),
        ("universal", [texts(["fine"], True)], "has one input, `readings`.*400 Bad Request"),
    ],
)
def test_errors_are_read_by_the_client(service_url, model, inputs, words):
    async def work(client):
        return await client.infer(service_url, InferRequest(model, inputs), model_name=model)

    with pytest.raises(httpx.HTTPStatusError, match=words):
        run(work)


def test_many_requests_at_once_are_answered(service_url):
    async def work(client):
        asked = [
            client.infer(service_url, InferRequest("sentiment", [texts(REVIEWS, True)]), model_name="sentiment")
            for _ in range(30)
        ]
        return [each.get_output_by_name("label").data for each in await asyncio.gather(*asked)]

    answers = run(work)
    assert all(each == answers[0] for each in answers)

"""Triton's own client (tritonclient.http) against /v2: every route, binary and JSON tensors, compression, errors."""

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tritonclient import http as httpclient
from tritonclient.utils import InferenceServerException

REVIEWS = [
    "A warm, funny and beautifully acted film.",
    "A dull, awful film: the worst of the year.",
    "Größte Überraschung! 😀",
]
YEARS = [np.sin(np.arange(48) * np.pi / 6 + phase) * 10 + 100 + phase for phase in range(3)]


@pytest.fixture
def client(service_url):
    with httpclient.InferenceServerClient(url=service_url.removeprefix("http://")) as each:
        yield each


def text_input(texts, binary_data=True, shape=None):
    values = np.array([text.encode() for text in texts], dtype=np.object_)
    values = values.reshape(shape or [len(texts)])
    each = httpclient.InferInput("text", list(values.shape), "BYTES")
    return each.set_data_from_numpy(values, binary_data=binary_data)


def readings_input(values, datatype="FP64", binary_data=True):
    each = httpclient.InferInput("readings", list(values.shape), datatype)
    return each.set_data_from_numpy(values, binary_data=binary_data)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def judged(service_url):
    """The answers of the service's own route."""
    return post(f"{service_url}/sentiment/batch", {"texts": REVIEWS, "model": "sentiment"})["results"]


def forecast(service_url, series, **options):
    items = [{"id": str(i), "readings": list(readings)} for i, readings in enumerate(series)]
    return post(f"{service_url}/forecast/batch", {"series": items, "model": "universal", **options})["results"]


def test_the_quick_start_of_the_client(service_url):
    """Its simple_http_infer_client.py and simple_http_string_infer_client.py, but for the URL and the names."""
    triton_client = httpclient.InferenceServerClient(url=service_url.removeprefix("http://"), verbose=False)
    model_name = "sentiment"

    inputs = []
    outputs = []
    inputs.append(httpclient.InferInput("text", [2], "BYTES"))
    input0_data = np.array([str(x).encode("utf-8") for x in REVIEWS[:2]], dtype=np.object_)
    inputs[0].set_data_from_numpy(input0_data, binary_data=True)
    outputs.append(httpclient.InferRequestedOutput("label", binary_data=True))
    outputs.append(httpclient.InferRequestedOutput("probability", binary_data=False))

    results = triton_client.infer(model_name=model_name, inputs=inputs, outputs=outputs)

    output0_data = results.as_numpy("label")
    output1_data = results.as_numpy("probability")
    assert [each.decode() for each in output0_data] == ["positive", "negative"]
    assert output1_data.shape == (2, 3)
    assert results.as_numpy("uncertain") is None


def test_the_server_and_its_models_are_live_and_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sentiment")
    assert client.is_model_ready("sentiment", client.get_model_metadata("sentiment")["versions"][-1])
    assert not client.is_model_ready("sentiment", "99")
    assert not client.is_model_ready("nobody")


def test_metadata_name_the_tensors(client):
    assert client.get_server_metadata()["name"] == "gatecast"
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("universal")
    assert metadata["inputs"] == [{"name": "readings", "datatype": "FP64", "shape": [-1, -1]}]
    assert [each["name"] for each in metadata["outputs"]] == ["forecast", "lower", "upper"]
    version = metadata["versions"][-1]
    assert client.get_model_metadata("universal", version) == metadata
    metadata = client.get_model_metadata("sentiment")
    assert metadata["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert metadata["parameters"]["classes"] == ["negative", "neutral", "positive"]


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
@pytest.mark.parametrize("shape", [[3], [3, 1]])
def test_texts_are_judged_as_by_the_services_own_route(client, service_url, binary_in, binary_out, shape):
    names = ["label", "probability", "uncertain"]
    outputs = [httpclient.InferRequestedOutput(name, binary_data=binary_out) for name in names]
    result = client.infer("sentiment", [text_input(REVIEWS, binary_in, shape)], outputs=outputs, request_id="mine")
    own = judged(service_url)
    labels = [each.decode() if binary_out else each for each in result.as_numpy("label")]
    assert labels == [each["label"] for each in own]
    np.testing.assert_array_equal(result.as_numpy("probability"), [[*each["probabilities"].values()] for each in own])
    assert result.as_numpy("uncertain").tolist() == [each["uncertain"] for each in own]
    assert result.get_response()["id"] == "mine"
    assert result.get_response()["model_name"] == "sentiment"


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_series_are_forecast_as_by_the_services_own_route(client, service_url, binary_in, binary_out):
    names = ["forecast", "lower", "upper"]
    outputs = [httpclient.InferRequestedOutput(name, binary_data=binary_out) for name in names]
    result = client.infer(
        "universal",
        [readings_input(np.stack(YEARS), binary_data=binary_in)],
        outputs=outputs,
        parameters={"horizon": 12, "levels": "80,95"},
    )
    own = forecast(service_url, YEARS, horizon=12, levels=[80, 95])
    np.testing.assert_allclose(result.as_numpy("forecast"), [each["forecast"] for each in own], rtol=1e-6)
    for side in ("lower", "upper"):
        expected = [[interval[side] for interval in each["intervals"]] for each in own]
        assert result.as_numpy(side).shape == (3, 2, 12)
        np.testing.assert_allclose(result.as_numpy(side), expected, rtol=1e-6)


def test_nan_is_a_missing_reading_and_padding_at_the_front(client, service_url):
    gappy = YEARS[1].copy()
    gappy[20] = np.nan
    short = YEARS[2].copy()
    short[:10] = np.nan
    result = client.infer(
        "universal", [readings_input(np.stack([YEARS[0], gappy, short]))], parameters={"horizon": 3, "levels": 90}
    )
    series = [YEARS[0], [None if np.isnan(each) else each for each in gappy], YEARS[2][10:]]
    own = forecast(service_url, series, horizon=3, levels=[90])
    np.testing.assert_allclose(result.as_numpy("forecast"), [each["forecast"] for each in own], rtol=1e-6)
    assert result.as_numpy("lower").shape == (3, 1, 3)


def test_without_levels_the_intervals_are_empty(client):
    result = client.infer("universal", [readings_input(YEARS[0][None])], parameters={"horizon": 4, "levels": ""})
    assert result.as_numpy("forecast").shape == (1, 4)
    assert result.as_numpy("lower").shape == (1, 0, 4)


@pytest.mark.parametrize(
    ("datatype", "kind"),
    [("FP16", np.float16), ("FP32", np.float32), ("INT8", np.int8), ("INT32", np.int32), ("UINT16", np.uint16)],
)
@pytest.mark.parametrize("binary_data", [True, False])
def test_other_numbers_are_readings_too(client, datatype, kind, binary_data):
    values = (YEARS[0][None]).astype(kind)
    given = client.infer("universal", [readings_input(values, datatype, binary_data)], parameters={"horizon": 3})
    expected = client.infer("universal", [readings_input(values.astype(np.float64))], parameters={"horizon": 3})
    np.testing.assert_array_equal(given.as_numpy("forecast"), expected.as_numpy("forecast"))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bodies_and_replies_may_be_compressed(client, coding):
    values = np.stack(YEARS * 20)
    plain = client.infer("universal", [readings_input(values)], parameters={"horizon": 60})
    packed = client.infer(
        "universal",
        [readings_input(values)],
        parameters={"horizon": 60},
        request_compression_algorithm=coding,
        response_compression_algorithm=coding,
    )
    np.testing.assert_array_equal(packed.as_numpy("forecast"), plain.as_numpy("forecast"))


def test_a_version_may_be_named(client):
    version = client.get_model_metadata("sentiment")["versions"][-1]
    result = client.infer("sentiment", [text_input(REVIEWS)], model_version=version)
    assert result.get_response()["model_version"] == version
    with pytest.raises(InferenceServerException, match="no version of that number") as error:
        client.infer("sentiment", [text_input(REVIEWS)], model_version="99")
    assert error.value.status() == "404"


@pytest.mark.parametrize(
    ("inputs", "options", "status", "words"),
    [
        ([text_input([" ", "fine"])], {}, "400", "1 of the 2 rows cannot be answered.*row 0: the text is empty"),
        ([readings_input(np.ones((1, 3)))], {}, "400", "has one input, `text`"),
        ([text_input(["fine"])], {"parameters": {"horizon": 3}}, "400", "no parameter `horizon`"),
        ([text_input(["fine"])], {"outputs": [httpclient.InferRequestedOutput("score")]}, "400", "label, probability"),
        (
            [text_input(["fine"])],
            {"outputs": [httpclient.InferRequestedOutput("label", class_count=2)]},
            "400",
            "`classification`",
        ),
        ([text_input(["fine"])], {"sequence_id": 7, "sequence_start": True}, "400", "sequences are not offered"),
        ([text_input(["fine"])], {"priority": 2}, "400", "priorities are not offered"),
        ([text_input(["fine " * 200_000], False)], {}, "400", "a text 20,000 characters"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(client, inputs, options, status, words):
    with pytest.raises(InferenceServerException, match=words) as error:
        client.infer("sentiment", inputs, **options)
    assert error.value.status() == status


@pytest.mark.parametrize(
    ("values", "parameters", "words"),
    [
        (np.full((2, 30), np.nan), {}, "row|has no reading"),
        (np.stack([YEARS[0], np.full(48, 1e200)]), {}, "must be a number within"),
        (YEARS[0][None], {"horizon": 0}, "/parameters/horizon must be a whole number"),
        (YEARS[0][None], {"levels": "80,200"}, "/parameters/levels/1"),
        (YEARS[0][None], {"frequency": "fortnight"}, "frequency"),
        (YEARS[0][None], {"start": "2020-01-01"}, "/parameters/start is not a field"),
        (YEARS[0][None], {"minimum": "5", "maximum": "4"}, "`minimum` must be less"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_words(client, values, parameters, words):
    with pytest.raises(InferenceServerException, match=words) as error:
        client.infer("universal", [readings_input(values)], parameters=parameters)
    assert error.value.status() == "400"


def test_what_a_forecaster_does_not_offer_is_refused_in_words(client):
    for options, words in (({"sequence_id": "a"}, "each request stands alone"), ({"priority": 1}, "answered in turn")):
        with pytest.raises(InferenceServerException, match=words) as error:
            client.infer("universal", [readings_input(YEARS[0][None])], **options)
        assert error.value.status() == "400"


def test_shared_memory_is_refused_in_words(client):
    each = httpclient.InferInput("text", [1], "BYTES")
    each.set_shared_memory("region", 100)
    with pytest.raises(InferenceServerException, match="shared memory is not offered"):
        client.infer("sentiment", [each])


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get_model_config("sentiment"),
        lambda client: client.get_model_config("sentiment", "1"),
        lambda client: client.get_model_repository_index(),
        lambda client: client.load_model("sentiment"),
        lambda client: client.unload_model("sentiment"),
        lambda client: client.get_inference_statistics("sentiment"),
        lambda client: client.get_inference_statistics(),
        lambda client: client.update_trace_settings(settings={}),
        lambda client: client.get_trace_settings("sentiment"),
        lambda client: client.get_trace_settings(),
        lambda client: client.update_log_settings({}),
        lambda client: client.get_log_settings(),
        lambda client: client.get_system_shared_memory_status(),
        lambda client: client.register_system_shared_memory("a", "b", 10),
        lambda client: client.unregister_system_shared_memory(),
        lambda client: client.get_cuda_shared_memory_status(),
        lambda client: client.register_cuda_shared_memory("a", b"b", 0, 10),
        lambda client: client.unregister_cuda_shared_memory(),
    ],
)
def test_other_extensions_are_refused_in_words(client, ask):
    with pytest.raises(InferenceServerException, match="this extension of the protocol is not offered") as error:
        ask(client)
    assert error.value.status() == "404"


def test_asynchronous_requests_are_answered(client):
    expected = client.infer("sentiment", [text_input(REVIEWS)]).as_numpy("probability")
    asked = [client.async_infer("sentiment", [text_input(REVIEWS)]) for _ in range(20)]
    for each in asked:
        np.testing.assert_allclose(each.get_result().as_numpy("probability"), expected, atol=1e-6)


def test_the_asyncio_client_is_answered(service_url):
    aio = pytest.importorskip("tritonclient.http.aio")
    import asyncio

    async def ask():
        async with aio.InferenceServerClient(url=service_url.removeprefix("http://")) as client:
            assert await client.is_server_ready()
            assert (await client.get_model_metadata("sentiment"))["name"] == "sentiment"
            asked = [client.infer("sentiment", [text_input(REVIEWS)]) for _ in range(20)]
            return [result.as_numpy("label").tolist() for result in await asyncio.gather(*asked)]

    assert asyncio.run(ask()) == [[b"positive", b"negative", b"positive"]] * 20


def test_many_clients_at_once_get_their_own_answers(service_url):
    def ask(index):
        with httpclient.InferenceServerClient(url=service_url.removeprefix("http://")) as client:
            result = client.infer(
                "universal", [readings_input(YEARS[0][None] + 100 * index)], parameters={"horizon": 2}
            )
            return float(result.as_numpy("forecast")[0, 0])

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(ask, range(24)))
    for index, value in enumerate(first):
        assert 80 + 100 * index < value < 120 + 100 * index

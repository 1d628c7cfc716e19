"""POST /predict, for Hugging Face's own client and for requests as TEI's clients send them."""

import asyncio
import json
from hashlib import sha256

import pytest
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from service.app import create_app
from tests import fakes
from tests.connections import listening

GOOD, BAD = "a good film", "a bad film"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The address of a running service with fake models."""
    models = tmp_path_factory.mktemp("models")
    app = create_app(fakes.settings(models), fakes.FakeLoad(models, fakes.default_bundles()))
    with listening(app) as running:
        yield f"{running.url}/predict"


def scores(client, text=GOOD):
    """What POST /sentiment answers."""
    return client.post("/sentiment", json={"text": text}).json()["probabilities"]


def test_the_client_of_hugging_face_gets_every_label_the_likeliest_first(url, client):
    """Its documentation's example, but for the model."""
    found = InferenceClient(model=url).text_classification(GOOD)
    assert [each.score for each in found] == sorted(scores(client).values(), reverse=True)
    assert {each.label: each.score for each in found} == scores(client)
    assert found[0].label == "positive"


def test_the_client_of_hugging_face_may_ask_for_some_labels(url):
    hugging = InferenceClient(model=url, token="hf_xxx")
    assert [each.label for each in hugging.text_classification(BAD, top_k=1)] == ["negative"]
    assert len(hugging.text_classification(BAD, top_k=50, function_to_apply="softmax")) == 3


def test_the_asynchronous_client_of_hugging_face_is_answered(url):
    async def ask():
        async with AsyncInferenceClient(model=url) as hugging:
            return await asyncio.gather(*[hugging.text_classification(text) for text in (GOOD, BAD) * 10])

    assert [each[0].label for each in asyncio.run(ask())] == ["positive", "negative"] * 10


def test_the_client_of_hugging_face_is_told_that_the_service_is_well_and_what_it_serves(url):
    """Both are asked for below the address of the client; clients of text-embeddings-inference ask without it."""
    for address in (url, url.removesuffix("/predict")):
        hugging = InferenceClient(model=address, provider="hf-inference")
        assert hugging.health_check()
        info = hugging.get_endpoint_info()
        assert info["model_type"]["classifier"]["id2label"] == {"0": "negative", "1": "neutral", "2": "positive"}
        assert info["max_client_batch_size"] == 1000


def test_without_a_sentiment_model_there_is_nothing_to_tell_of(serve):
    reply = serve([fakes.forecast_bundle()]).get("/info")
    assert reply.status_code == 404
    assert "no sentiment model is loaded" in reply.json()["detail"]


def test_the_client_of_hugging_face_shows_why_it_is_refused(url):
    with pytest.raises(HfHubHTTPError, match="the text is empty or white space") as error:
        InferenceClient(model=url).text_classification(" ")
    assert error.value.response.status_code == 422
    with pytest.raises(HfHubHTTPError, match="calibrated probabilities"):
        InferenceClient(model=url).text_classification(GOOD, function_to_apply="sigmoid")


def test_the_token_of_the_client_is_its_key(tmp_path):
    file = tmp_path / "keys.json"
    key = {"name": "shop", "sha256": sha256(b"gc_secret").hexdigest(), "scopes": ["sentiment"]}
    file.write_text(json.dumps({"keys": [key]}))
    models = tmp_path / "models"
    models.mkdir()
    app = create_app(fakes.settings(models, api_keys_file=file), fakes.FakeLoad(models, fakes.default_bundles()))
    with listening(app) as running:
        url = f"{running.url}/predict"
        assert InferenceClient(model=url, token="gc_secret").text_classification(GOOD)[0].label == "positive"
        with pytest.raises(HfHubHTTPError, match="that key is not known") as error:
            InferenceClient(model=url, token="gc_other").text_classification(GOOD)
        assert error.value.response.status_code == 401


def test_one_text_gets_one_list(client):
    """As TEI answers it."""
    reply = client.post("/predict", json={"inputs": GOOD, "truncate": True, "truncation_direction": "Right"})
    expected = sorted(scores(client).items(), key=lambda item: item[1], reverse=True)
    assert reply.json() == [{"label": label, "score": score} for label, score in expected]


def test_a_batch_gets_a_list_for_each_text(client):
    reply = client.post("/predict", json={"inputs": [[GOOD], [BAD]], "raw_scores": False})
    assert [each[0]["label"] for each in reply.json()] == ["positive", "negative"]
    assert len(client.post("/predict", json={"inputs": [[GOOD]] * 1000}).json()) == 1000


def test_parameters_make_the_reply_nested(client):
    reply = client.post("/predict", json={"inputs": GOOD, "parameters": {"top_k": 1}})
    assert [[each["label"] for each in one] for one in reply.json()] == [["positive"]]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"inputs": ["first", "second"]}, "a pair of texts is for models that compare two"),
        ({"inputs": [["first", "second"]]}, "/inputs/0: a pair of texts"),
        ({"inputs": []}, '/inputs must be a text, or a batch such as [["first"], ["second"]]'),
        ({"inputs": {"source_sentence": GOOD}}, "/inputs must be a text"),
        ({"inputs": None}, "/inputs must be a text"),
        ({"inputs": [[1]]}, "/inputs/0 must be a list of one text"),
        ({"inputs": [[]]}, "/inputs/0 must be a list of one text"),
        ({"inputs": [[GOOD], None]}, "/inputs/1 must be a list of one text"),
        ({"inputs": [[GOOD], [" "]]}, "/inputs/1/0 cannot be read: the text is empty"),
        ({"inputs": "x" * 20_001}, "/inputs cannot be read: the text has 20001 characters"),
        ({}, "/inputs is required"),
        ({"inputs": GOOD, "raw_scores": True}, "scores are calibrated probabilities"),
        ({"inputs": GOOD, "truncation_direction": "Left"}, "leave `truncation_direction` out"),
        ({"inputs": GOOD, "parameters": {"top_k": 0}}, "/parameters/top_k"),
        ({"inputs": GOOD, "parameters": {"topk": 1}}, "did you mean `top_k`"),
        ({"inputs": GOOD, "text": GOOD}, "/text is not a field here"),
    ],
)
def test_what_is_not_valid_is_refused_with_teis_status_and_in_words(client, body, words):
    reply = client.post("/predict", json=body)
    assert (reply.status_code, reply.json()["error_type"]) == (422, "Validation")
    assert words in reply.json()["error"]
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (r'{"inputs": "bad \ud800 text"}', "/inputs holds half of a surrogate pair"),
        (r'{"inputs": [["bad \ud800 text"]]}', "/inputs/0/0 holds half of a surrogate pair"),
        ('{"inputs": [["good"], [%s]]}' % ("9" * 5000), "/inputs/1/0 has more digits than any number can need"),
        ('{"inputs": "%s"}' % ("x" * 600_000), "/inputs is larger than any valid value"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(client, body, words):
    reply = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 422
    assert reply.json()["error"].startswith(words)


def test_a_body_that_is_no_json_is_refused_with_teis_status(client):
    reply = client.post("/predict", content=b"{", headers={"content-type": "application/json"})
    assert (reply.status_code, reply.json()["error_type"]) == (422, "Validation")


def test_too_many_texts_are_refused(client, serve):
    reply = client.post("/predict", json={"inputs": [[GOOD]] * 1001})
    assert reply.status_code == 422
    assert "at most 1,000 texts" in reply.json()["error"]
    limited = serve(rate_items=0.005, rate_burst_s=1000)
    refused = limited.post("/predict", json={"inputs": [[GOOD]] * 6})
    assert (refused.status_code, refused.json()["error_type"]) == (413, "Validation")
    assert limited.post("/predict", json={"inputs": [[GOOD]] * 4}).status_code == 200
    refused = limited.post("/predict", json={"inputs": GOOD})
    assert (refused.status_code, refused.json()["error_type"]) == (429, "Overloaded")
    assert int(refused.headers["retry-after"]) >= 1


def test_a_failing_model_and_a_passed_deadline_have_teis_status(serve):
    is_broken = False

    def network(*arrays):
        if is_broken:
            raise RuntimeError("secret detail")
        return fakes.good_words(*arrays)

    client = serve([fakes.sentiment_bundle(run=network)])
    is_broken = True
    reply = client.post("/predict", json={"inputs": GOOD})
    assert (reply.status_code, reply.json()["error_type"]) == (424, "Backend")
    assert "secret" not in reply.text


def test_without_a_sentiment_model_the_path_says_so(serve):
    reply = serve([fakes.forecast_bundle()]).post("/predict", json={"inputs": GOOD})
    assert reply.status_code == 404
    assert reply.json() == {"error": "no sentiment model is loaded", "error_type": "Validation"}


def test_another_method_is_refused_in_teis_form(client):
    reply = client.get("/predict")
    assert (reply.status_code, reply.json()["error_type"]) == (405, "Validation")

"""POST /sentiment and /sentiment/batch over HTTP, with a fake network."""

import asyncio
import json

import pytest

from service.http.request import RequestContext
from service.http.routes import sentiment
from service.http.schemas_sentiment import SentimentBatchRequest
from service.sentiment.classifier import SentimentClassifier
from tests import fakes
from tests.service.serving.forecasters import with_registry
from tests.service.serving.rounds import most_pieces_in_a_round, note_calls


def post(client, text="a good film", **body):
    return client.post("/sentiment", json={"text": text} | body)


def test_sentiment_has_every_field_of_the_contract(client):
    reply = post(client)
    assert reply.status_code == 200
    assert reply.json() == {
        "model": "sentiment",
        "version": "1",
        "label": "positive",
        "confidence": pytest.approx(0.9),
        "probabilities": {
            "negative": pytest.approx(0.02),
            "neutral": pytest.approx(0.08),
            "positive": pytest.approx(0.9),
        },
        "score": pytest.approx(0.88),
        "uncertain": False,
        "mixed": False,
        "tokens": {"total": 3, "read": 3, "unknown": 0},
        "explanation": None,
        "sentences": None,
        "warnings": [],
    }


def test_two_classes_are_answered_with_their_own_names(serve):
    reply = post(serve([fakes.binary_bundle()]), "a bad film").json()
    assert (reply["label"], reply["confidence"]) == ("negative", pytest.approx(0.9))
    assert reply["probabilities"] == {"negative": pytest.approx(0.9), "positive": pytest.approx(0.1)}
    assert (reply["score"], reply["mixed"]) == (pytest.approx(-0.8), False)


def test_classes_without_poles_have_no_score(serve):
    reply = post(serve([fakes.topic_bundle()]), "a film. Then a song!", explain=True, sentences=True).json()
    assert list(reply["probabilities"]) == ["sport", "politics", "film", "music"]
    assert (reply["label"], reply["score"], reply["mixed"]) == ("film", None, False)
    assert [sentence["label"] for sentence in reply["sentences"]] == ["film", "music"]
    word = reply["explanation"][1]
    assert (word["text"], word["weight"]) == ("film", pytest.approx(2.54, abs=0.01))


def test_a_batch_is_answered_by_a_model_of_any_classes(serve):
    for bundle, label in ((fakes.binary_bundle(), "positive"), (fakes.topic_bundle(), "film")):
        first, second = serve([bundle]).post("/sentiment/batch", json={"texts": ["a good film", " "]}).json()["results"]
        assert (first["label"], list(first["probabilities"])) == (label, bundle.card.classes)
        assert second["error"]["status"] == 422


@pytest.fixture
def several(serve):
    """A client of a forecaster, of `sentiment`, and of `airline`, which has two versions and finds all else bad."""
    run = fakes.network_of_words((0.7, 0.2, 0.1), fakes.GOOD_WORDS)
    cards = [fakes.sentiment_card(version, name="airline") for version in ("1", "2")]
    return serve([*fakes.default_bundles(), *(fakes.sentiment_bundle(card, run) for card in cards)])


@pytest.mark.parametrize(
    ("options", "model", "version", "label"),
    [
        ({}, "sentiment", "1", "neutral"),
        ({"version": "1"}, "sentiment", "1", "neutral"),
        ({"model": "airline"}, "airline", "2", "negative"),
        ({"model": "airline", "version": "1"}, "airline", "1", "negative"),
        ({"model": None}, "sentiment", "1", "neutral"),
    ],
)
def test_a_request_may_name_its_sentiment_model(several, options, model, version, label):
    """Alone and in a batch; a version without a model is one of the default model."""
    alone = post(several, "a film", **options).json()
    (item,) = several.post("/sentiment/batch", json={"texts": ["a film"]} | options).json()["results"]
    assert (alone["model"], alone["version"], alone["label"]) == (model, version, label)
    assert item == alone


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"model": "nope"}, "no model of that name is loaded; sentiment models are 'airline', 'sentiment'"),
        (
            {"model": "gru"},
            "'gru' is a forecaster, which answers /forecast; sentiment models are 'airline', 'sentiment'",
        ),
        ({"model": "airline", "version": "3"}, "'airline' has no version of that number; loaded are '1', '2'"),
        ({"version": "2"}, "'sentiment' has no version of that number; loaded are '1'"),
    ],
)
def test_an_unknown_sentiment_model_is_a_404_that_lists_the_known_ones(several, options, detail):
    """Alone and in a batch."""
    for path, body in (("/sentiment", {"text": "a film"}), ("/sentiment/batch", {"texts": ["a film"]})):
        reply = several.post(path, json=body | options)
        assert (reply.status_code, reply.json()["type"]) == (404, "/problems/unknown-model")
        assert reply.json()["detail"] == detail


@pytest.mark.parametrize("model", ["", "a" * 65, 7, ["airline"]])
def test_a_model_name_that_is_none_is_refused(several, model):
    """By its form, or as unknown."""
    assert post(several, model=model).status_code in (404, 422)


def test_the_log_has_the_model_of_a_batch():
    """All texts of a request are judged by one model, which the line of the log names."""
    body = SentimentBatchRequest.model_validate({"texts": ["a good film"], "model": "airline"})
    context = RequestContext({"path": "/sentiment/batch", "headers": []}, asyncio.Queue().get)

    async def work(registry):
        context.registry, context.deadline = registry, float("inf")
        await sentiment.sentiment_batch(body, context)

    with_registry([fakes.sentiment_bundle(), fakes.sentiment_bundle(fakes.sentiment_card(name="airline"))], work)
    assert (context.model, context.version) == ("airline", "1")


@pytest.mark.parametrize("options", [{}, {"sentences": True}])
def test_a_text_with_evidence_of_both_kinds_is_mixed(client, options):
    """By the rule of the card, whether its sentences are asked for or not."""
    assert post(client, "Good music, bad end.", **options).json()["mixed"] is True
    assert post(client, "Good music. Good end.", **options).json()["mixed"] is False


def test_sentiment_of_a_bad_review_is_negative(client):
    reply = post(client, "a bad film").json()
    assert (reply["label"], reply["confidence"]) == ("negative", pytest.approx(0.9))


def test_sentiment_below_the_confidence_threshold_is_uncertain_and_has_a_label(client):
    reply = post(client, "a film").json()
    assert (reply["label"], reply["confidence"], reply["uncertain"]) == ("neutral", pytest.approx(0.6), True)


def test_sentiment_is_uncertain_of_unknown_words(client):
    """A text of unknown words is marked, however confident the network is."""
    reply = post(client, "good zzq zzw zze").json()
    assert reply["uncertain"] is True
    assert "mostly_unknown_words" in [w["code"] for w in reply["warnings"]]


def test_sentiment_of_a_text_that_is_too_long_has_a_warning(client):
    reply = post(client, "a good " * 6).json()
    assert reply["tokens"] == {"total": 12, "read": 10, "unknown": 0}
    assert [w["code"] for w in reply["warnings"]] == ["truncated"]


def test_sentiment_of_a_text_in_another_language_has_a_warning(client):
    reply = post(client, "good filmo zzmolto zzbellissimo assai").json()
    assert reply["uncertain"] is True
    assert [w["code"] for w in reply["warnings"]] == ["not_english"]


def test_explained_weights_are_at_their_offsets(client):
    """Offsets are code points of the text as sent."""
    text = "A 😀 <b>good</b> film\u2019s end"
    explanation = post(client, "a good film's end", explain=True).json()["explanation"]
    assert [word["text"] for word in explanation] == ["a", "good", "film's", "end"]
    explanation = post(client, text, explain=True).json()["explanation"]
    assert all(text[word["start"] : word["end"]] == word["text"] for word in explanation)


def test_explanations_are_not_offered_by_a_network_without_weights(serve):
    client = serve([fakes.sentiment_bundle(fakes.sentiment_card(explanation_baseline=None))])
    reply = post(client, explain=True)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/not-offered")


def test_each_sentence_is_predicted_as_a_text_of_its_own(client):
    text = "A good film. 😀 But a bad end!"
    sentences = post(client, text, sentences=True).json()["sentences"]
    assert [text[sentence["start"] : sentence["end"]] for sentence in sentences] == [
        "A good film.",
        "😀 But a bad end!",
    ]
    assert [sentence["label"] for sentence in sentences] == ["positive", "negative"]


def test_a_batch_is_explained_and_split_item_by_item(client):
    body = {"texts": ["A good film. A bad film.", "  ", "bad"], "explain": True, "sentences": True}
    first, second, third = client.post("/sentiment/batch", json=body).json()["results"]
    assert [sentence["label"] for sentence in first["sentences"]] == ["positive", "negative"]
    assert "error" in second
    assert [word["weight"] for word in third["explanation"]] == [pytest.approx(3.66, abs=0.01)]


def test_too_many_sentences_are_refused(client):
    reply = client.post("/sentiment/batch", json={"texts": ["Hi! " * 1000] * 6, "sentences": True})
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/sentences")


@pytest.mark.parametrize(
    ("body", "slug", "pointer"),
    [
        ({"text": ""}, "invalid-request", "/text"),
        ({"text": " \t\n"}, "unreadable-text", "/text"),
        ({"text": "x" * 20_001}, "invalid-request", "/text"),
        ({"text": 5}, "invalid-request", "/text"),
        ({"explain": "yes"}, "invalid-request", "/explain"),
        ({"language": "en"}, "invalid-request", "/language"),
    ],
)
def test_sentiment_refuses_a_bad_request_with_a_pointer_to_the_fault(client, body, slug, pointer):
    reply = post(client, **body)
    problem = reply.json()
    assert reply.status_code == 422
    assert problem["type"] == f"/problems/{slug}"
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


def test_sentiment_refuses_half_a_surrogate_pair(client):
    """A lone surrogate is valid JSON, but cannot be encoded; it must not reach the model."""
    headers = {"content-type": "application/json"}
    reply = client.post("/sentiment", content=b'{"text": "good \\ud800"}', headers=headers)
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/text")
    reply = client.post("/sentiment/batch", content=b'{"texts": ["good", "good \\ud800", "bad"]}', headers=headers)
    first, second, third = reply.json()["results"]
    assert (first["label"], third["label"]) == ("positive", "negative")
    assert second["error"]["errors"][0]["pointer"] == "/texts/1"


@pytest.mark.parametrize("sent", ["5", "null", "true", "[]", "{}", '""', '{"a": 1, "a": 2}', "9" * 5000, '["\\ud800"]'])
def test_batch_answers_beside_a_text_of_any_wrong_kind(client, sent):
    body = f'{{"texts": ["good", {sent}, "bad"]}}'
    reply = client.post("/sentiment/batch", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 200
    first, bad, last = reply.json()["results"]
    assert (first["label"], last["label"]) == ("positive", "negative")
    assert bad["error"]["status"] == 422
    assert bad["error"]["errors"][0]["pointer"].startswith("/texts/1")


def test_sentiment_of_an_unknown_version_is_a_404(client):
    assert post(client, version="7").status_code == 404
    assert post(client, version="v1").status_code == 404


def test_sentiment_without_a_sentiment_model_is_a_404(serve):
    assert post(serve([fakes.forecast_bundle()])).status_code == 404


def test_batch_keeps_the_order_and_answers_beside_a_bad_text(client):
    reply = client.post("/sentiment/batch", json={"texts": ["good", "  ", "bad", "x" * 20_001]})
    first, second, third, fourth = reply.json()["results"]
    assert reply.status_code == 200
    assert (first["label"], third["label"]) == ("positive", "negative")
    assert second["error"]["errors"][0]["pointer"] == "/texts/1"
    assert fourth["error"]["status"] == 422


def test_batch_of_a_thousand_is_answered(client):
    texts = ["good" if i % 2 else "bad" for i in range(1000)]
    results = client.post("/sentiment/batch", json={"texts": texts}).json()["results"]
    assert [r["label"] for r in results] == ["positive" if i % 2 else "negative" for i in range(1000)]


@pytest.mark.parametrize("body", [{"texts": []}, {"texts": ["a"] * 1001}, {"texts": ["a"], "explain": 1}])
def test_batch_refuses_a_bad_list_of_texts(client, body):
    assert client.post("/sentiment/batch", json=body).status_code == 422


@pytest.mark.parametrize("bad", [5, None, True, ["good"], {"text": "good"}, ""])
def test_batch_gives_what_is_no_text_its_own_error(client, bad):
    body = json.dumps({"texts": ["good", bad, "bad"]})
    reply = client.post("/sentiment/batch", content=body, headers={"content-type": "application/json"})
    first, second, third = reply.json()["results"]
    assert (reply.status_code, first["label"], third["label"]) == (200, "positive", "negative")
    assert (second["error"]["status"], second["error"]["errors"][0]["pointer"]) == (422, "/texts/1")


def test_explanations_of_a_large_batch_are_made_and_written_one_by_one(monkeypatch):
    """Together they are many times as large as the texts."""
    pieces = note_calls(monkeypatch, SentimentClassifier, "attributions")
    note_calls(monkeypatch, sentiment, "to_json", pieces=pieces)
    body = SentimentBatchRequest.model_validate({"texts": ["a good film"] * 30, "explain": True})

    async def work(registry):
        context = RequestContext({"path": "/sentiment/batch", "headers": []}, asyncio.Queue().get)
        context.registry, context.deadline = registry, float("inf")
        return await most_pieces_in_a_round(monkeypatch, pieces, sentiment.sentiment_batch(body, context))

    most, reply = with_registry([fakes.sentiment_bundle()], work)
    assert [len(result["explanation"]) for result in json.loads(reply)["results"]] == [3] * 30
    assert pieces == ["attributions", "to_json"] * 30
    assert most == 2


@pytest.mark.parametrize("text", ["😀" * 20_000, "🫠 " * 10_000, "." * 20_000, "?! " * 6_666, "zz " * 6_666])
def test_texts_of_one_kind_of_token_are_answered(client, text):
    reply = post(client, text, explain=True, sentences=True)
    assert reply.status_code == 200
    assert sum(reply.json()["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["<" + " " * 19_990 + "1", "'a' " * 5_000, "\u201c" * 10_000 + "a" * 10_000])
def test_texts_made_to_take_long_are_answered(client, text):
    reply = post(client, text, explain=True, sentences=True)
    assert reply.status_code == 200
    assert reply.json()["sentences"]
